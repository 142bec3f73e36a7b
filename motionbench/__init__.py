"""MotionBench: the benchmark for video motion transfer.

A reference video and a prompt go in, a video with the reference's motion and the prompt's content comes out;
this package runs methods that do so, scores them, and ranks them. Importing it loads no torch.
"""

__version__ = "0.1.0"
