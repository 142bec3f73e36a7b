"""Rows of scores, made from the items of a plan and what the store records of them.

A row can be made again at any time, so that a run killed between an object and its row loses nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from motionbench.failures import Failure
from motionbench.plan import GenerateItem, Plan, ScoreItem
from motionbench.store import Meta, Row, RowStatus, Store

Identity = tuple[str, str, str, str, int, str]
"""As ``Row.identity``."""


@dataclass(frozen=True)
class Verdict:
    """How an item ended."""

    status: RowStatus = "ok"
    reason: str = ""
    error_class: str = ""
    failure: Failure = ""


def identity(plan: Plan, item: ScoreItem) -> Identity:
    """What ``Row.identity`` of the item's row is."""
    generation = item.generation
    suite = plan.request.suite.name
    return item.key, suite, generation.entry.id, generation.choice.label, generation.seed, item.column.name


def describe(plan: Plan, item: ScoreItem, verdict: Verdict, store: Store, environment: str) -> Row:
    """The row of a score that ended so."""
    generation, request = item.generation, plan.request
    protocol, entry = request.protocol, generation.entry
    tuned, generated = _costs(generation, store)
    score = (store.objects.meta("score", item.key) if verdict.status in ("ok", "undefined") else None) or Meta()
    return Row(
        key=item.key,
        suite=request.suite.name,
        case=entry.id,
        category=entry.category,
        reference=entry.reference_id,
        method=generation.choice.label,
        seed=generation.seed,
        metric=item.column.name,
        status=verdict.status,
        value=score.value,
        reason=verdict.reason,
        error_class=verdict.error_class,
        failure=verdict.failure,
        signature=score.signature,
        truncated_tokens=score.truncated_tokens,
        method_version=generation.choice.spec.version,
        metric_version=item.column.spec.version,
        backbone=request.backbone_name,
        protocol=protocol.name,
        frames=protocol.frames,
        fps=protocol.fps,
        height=protocol.height,
        width=protocol.width,
        tracker=protocol.tracker,
        grid=protocol.grid,
        tune_seconds=tuned.seconds,
        generate_seconds=generated.seconds,
        peak_memory_bytes=max(tuned.peak_memory_bytes, generated.peak_memory_bytes),
        trainable_parameters=tuned.trainable_parameters,
        shared=tuned.shared or generated.shared,
        plan_id=plan.plan_id,
        environment=environment,
        written_at=time.time(),
    )


def _costs(generation: GenerateItem, store: Store) -> tuple[Meta, Meta]:
    """What tuning and generating cost; nothing where they did not end well."""
    tuned = store.objects.meta("tune", generation.tune.key) if generation.tune else None
    return tuned or Meta(), store.objects.meta("generate", generation.key) or Meta()
