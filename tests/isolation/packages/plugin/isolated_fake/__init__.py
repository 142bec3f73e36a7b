"""A plug-in whose class runs in an environment of its own: it imports nothing of MotionBench."""
