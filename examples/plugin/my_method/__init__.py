"""my-method, a plug-in of MotionBench."""
