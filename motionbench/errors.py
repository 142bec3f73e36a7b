"""Errors that a user can cause, each with the exit code that the command line returns for it.

A message names the thing, what was expected, what came, and what to type next.
"""


class MotionBenchError(Exception):
    """Anything that the command line prints without a traceback."""

    exit_code = 1


class UsageError(MotionBenchError):
    """An unknown name, a broken manifest, an option that does not fit (exit 2)."""

    exit_code = 2


class StaleError(MotionBenchError):
    """A file is no longer what the store gives (exit 4)."""

    exit_code = 4


class NotComparableError(MotionBenchError):
    """Scores of different protocols or signatures were asked to share a column (exit 5)."""

    exit_code = 5


class MissingResourceError(MotionBenchError):
    """Weights, data, a tracker or a writable folder is not there (exit 6)."""

    exit_code = 6


class ConformanceError(MotionBenchError):
    """A method does not keep the contract of plug-ins (exit 7)."""

    exit_code = 7


class VideoError(MissingResourceError):
    """A video file cannot be used: truncated, empty, without a picture, too short (exit 6)."""


class InvalidOutputError(MotionBenchError):
    """A method returned something that is not a video of the protocol (a failed item, not a failed run)."""


class WorkerError(MotionBenchError):
    """A method in an environment of its own raised, died, hung or babbled (a failed item, not a failed run)."""


class Declined(Exception):
    """Raised by a method that cannot take a case; the reason is printed in the table."""


class Undefined(Exception):
    """Raised by a metric that has no value for a generation; the reason is printed in the table."""
