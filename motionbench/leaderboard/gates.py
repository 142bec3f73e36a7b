"""What a gate asks of a comparison: data, so that a project can set its own thresholds.

The schema of ``gates.yaml``; keys that it does not know are refused. Defaults are in ``gates.yaml`` beside this module.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MayDiffer = Literal["backbone_digest", "manifest_digest"]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class MetricGate(_Strict):
    """Of one metric."""

    threshold: Amount
    """The least difference of a mean that matters in practice, in the metric's unit."""
    gate: bool = True
    """False to show the difference and never fail on it."""


class Gates(_Strict):
    """A file."""

    schema_version: Literal[1]
    otherwise: Amount | None = None
    """The threshold of metrics named nowhere, as a share of the base's mean."""
    may_differ: Annotated[list[MayDiffer] | None, Field(strict=False)] = None
    """Fields of a run that may differ although they move scores."""
    metrics: dict[str, MetricGate] = {}

    def over(self, defaults: Gates) -> Gates:
        """This file's entries, and the defaults' where it has none."""
        return Gates(
            schema_version=1,
            otherwise=defaults.otherwise if self.otherwise is None else self.otherwise,
            may_differ=defaults.may_differ if self.may_differ is None else self.may_differ,
            metrics={**defaults.metrics, **self.metrics},
        )

    def of(self, metric: str, base: float) -> MetricGate:
        """The entry of a column: its own, that of its metric under any encoder (``clip_text@vit-b-32``), or a share."""
        for name in (metric, metric.partition("@")[0]):
            if name in self.metrics:
                return self.metrics[name]
        return MetricGate(threshold=(self.otherwise or 0.0) * abs(base))
