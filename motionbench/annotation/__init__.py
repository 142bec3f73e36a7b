"""Annotation estimated from pixels, always marked as such: camera path, masks of what moves, key points of a person."""

from motionbench.annotation.estimation import Attempt, complete, describe, estimate

__all__ = ["Attempt", "complete", "describe", "estimate"]
