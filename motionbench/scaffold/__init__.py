"""``motionbench method new``: a whole plug-in to begin with, from the files in ``template``."""
