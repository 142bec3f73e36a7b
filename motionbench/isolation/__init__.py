"""Methods in environments of their own, for dependencies that clash with MotionBench's.

``environments`` builds a virtual environment, ``worker`` is the one file that runs in it, ``host`` is the method as the
rest of MotionBench sees it.
"""
