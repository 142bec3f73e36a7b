"""Tries a method on a case of a suite, rule by rule, in an order in which each rule builds on those before it."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import motionbench
from motionbench import registry
from motionbench.conformance import behaviour, initial_noise, resuming, specification
from motionbench.conformance.records import Broken, Check, Inapplicable, Report
from motionbench.conformance.trial import Trial
from motionbench.contracts import Progress, silent
from motionbench.errors import Declined, MissingResourceError, MotionBenchError, UsageError, VideoError
from motionbench.request import Question


@dataclass(frozen=True)
class Rule:
    """A line of the checklist."""

    name: str
    check: Callable[[Trial], str]
    """Gives the reason why it passes; raises Broken or Inapplicable."""
    gate: bool = False
    """True where nothing that comes later can be tried without it."""


RULES = (
    Rule("spec is valid", lambda trial: specification.is_valid(trial.spec), gate=True),
    Rule("licence is present", lambda trial: specification.has_licence(trial.spec)),
    Rule("loads", behaviour.loads, gate=True),
    Rule("tunes and generates", behaviour.runs, gate=True),
    Rule("output obeys the protocol", behaviour.obeys_protocol, gate=True),
    Rule("same seed, same video", behaviour.repeats_itself, gate=True),
    Rule("other seed, other video", behaviour.follows_the_seed),
    Rule("prompt has an effect", behaviour.follows_the_prompt),
    Rule("killed midway, resumes", resuming.resumes),
    Rule("sees its inputs only", behaviour.sees_its_inputs_only),
    Rule("starts from its seed's noise", initial_noise.starts_from_the_seed),
    Rule("leaves the backbone as it was", behaviour.leaves_the_backbone),
    Rule("memory as declared", behaviour.keeps_to_its_memory),
)
READABLE = "spec is readable"
"""Broken where the spec cannot even be imported; there is nothing to try then."""


def examine(
    name: str,
    *,
    suite: str = "mini",
    backbone: str = "mini-wan",
    preset: str | None = None,
    assignments: Sequence[str] = (),
    steps: int | None = None,
    progress: Progress = silent,
) -> Report:
    """Whether the method ``name`` keeps the contract, with a preset and ``METHOD.OPTION=VALUE`` as in ``eval``.

    ``steps`` changes the backbone's sampling steps. Raises UsageError for a name or an option that nobody knows,
    MissingResourceError where weights or an environment are not there: nothing is concluded then.
    """
    entry = next((e for e in registry.entries("methods") if name in (e.name, e.alias) and e.broken), None)
    if entry is not None:
        return _report(name, "", "", suite, [Check(READABLE, "fail", entry.broken or "")])
    spec = registry.method(name)
    question = Question(
        (spec.name,),
        suite=suite,
        backbone=backbone,
        preset=preset,
        assignments=tuple(assignments),
        quick=True,
        controls=False,
    )
    with (
        tempfile.TemporaryDirectory(prefix="motionbench-") as folder,
        Trial(spec, question, Path(folder), progress, steps).closing() as trial,
    ):
        checks = list(_checks(trial, progress))
        label = trial.choice.label if checks[0].outcome == "pass" else spec.name
    return _report(label, spec.version, backbone if spec.backbones else "", suite, checks)


def _report(label: str, version: str, backbone: str, suite: str, checks: Sequence[Check]) -> Report:
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return Report(label, version, backbone, suite, motionbench.__version__, today, tuple(checks))


def _checks(trial: Trial, progress: Progress) -> Iterator[Check]:
    closed = ""
    for number, rule in enumerate(RULES):
        progress(rule.name, number, len(RULES))
        check = Check(rule.name, "not applicable", f"not tried: {closed!r} failed") if closed else apply(rule, trial)
        if rule.gate and check.outcome == "fail":
            closed = rule.name
        yield check
    progress("all rules", len(RULES), len(RULES))


def apply(rule: Rule, trial: Trial) -> Check:
    """One rule; whatever a stranger's code raises breaks it."""
    try:
        return Check(rule.name, "pass", rule.check(trial))
    except Inapplicable as reason:
        return Check(rule.name, "not applicable", str(reason))
    except Broken as reason:
        return Check(rule.name, "fail", str(reason))
    except Declined as reason:
        return Check(rule.name, "fail", f"declines what it took before: {reason}")
    except (Exception, SystemExit) as error:
        if _inconclusive(error, rule):
            raise
        kind = "" if isinstance(error, MotionBenchError) else f"{type(error).__name__}: "
        return Check(rule.name, "fail", f"{kind}{error}")


def _inconclusive(error: BaseException, rule: Rule) -> bool:
    """Whether the question or the machine is at fault: an option that does not fit, weights that are not there."""
    if isinstance(error, UsageError):
        return rule.check is behaviour.loads
    return isinstance(error, MissingResourceError) and not isinstance(error, VideoError)
