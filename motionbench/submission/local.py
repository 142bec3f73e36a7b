"""What this machine makes of a submission's run: the suite, the protocol, the metrics as they are here."""

from __future__ import annotations

from collections.abc import Mapping

from motionbench import request
from motionbench.errors import MissingResourceError, MotionBenchError
from motionbench.precomputed import Given
from motionbench.request import Question, Request
from motionbench.sources import Sources
from motionbench.store import Configuration
from motionbench.workshop import Workshop


def question(configuration: Configuration, given: Given | None = None) -> Question:
    """The run's suite and columns, for its controls or for videos that are there."""
    encoders = tuple(name for name in configuration.encoder.split(",") if name)
    metrics = dict.fromkeys(line.name.partition("@")[0] for line in configuration.metrics)
    return Question(
        methods=(),
        suite=configuration.suite,
        metrics=tuple(metrics),
        backbone=configuration.backbone or Question(methods=()).backbone,
        encoders=encoders,
        tracker=configuration.protocol.tracker,
        controls=given is None,
        given=given,
    )


def resolve(configuration: Configuration, sources: Sources) -> Request:
    """Raises UsageError for a suite, a metric or a backbone that is not known here."""
    return request.resolve(question(configuration), sources)


def signatures(resolved: Request) -> Mapping[str, str | MotionBenchError]:
    """By column: the metric's signature here, or why it cannot be told."""
    workshop = Workshop(resolved)
    found: dict[str, str | MotionBenchError] = {}
    for column in resolved.columns:
        try:
            found[column.name] = workshop.metric(column).signature
        except MotionBenchError as error:
            found[column.name] = error
        except ImportError as error:
            found[column.name] = MissingResourceError(str(error))
    return found
