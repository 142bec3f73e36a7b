"""The rule on tuning that is killed midway: taken up again in its folder, it ends as an undisturbed one does."""

from __future__ import annotations

from motionbench.conformance.records import Broken, Inapplicable
from motionbench.conformance.trial import Steps, Trial
from motionbench.contracts import Progress

_SILENCE = 5.0
"""Seconds of tuning that may pass without a word; the contract asks for one a second."""


class Killed(BaseException):
    """Stands for Ctrl-C and worse: ``except Exception`` does not catch it."""


class Killer:
    """A progress callback that kills the work at its n-th call."""

    def __init__(self, at: int, shown: Progress) -> None:
        self._left, self._shown = at, shown
        self.killed = False

    def __call__(self, stage: str, done: int, total: int) -> None:
        self._shown(stage, done, total)
        self._left -= 1
        if self._left <= 0:
            self.killed = True
            raise Killed


def resumes(trial: Trial) -> str:
    """Kill a tuning at half of its progress, tune again in the same folder, compare what is generated from it."""
    if not trial.spec.tuned:
        raise Inapplicable("it tunes nothing")
    first = trial.first
    if first.calls < 2:
        told = f"tuning told its progress {first.calls} times in {first.tune_seconds:.1f} s"
        if first.tune_seconds > _SILENCE:
            raise Broken(f"{told}: call progress(stage, done, total) at least once a second, so that it can be stopped")
        raise Inapplicable(f"{told}: there is no midway")
    at = first.calls // 2
    _kill(trial, at)
    steps = Steps(trial.progress)
    method = trial.build()
    state = trial.tune(method, first.case, "killed", steps)
    digest = trial.digest(state=state)
    if digest != trial.first_digest:
        raise Broken(
            f"killed at step {at} of {first.calls} and tuned again in its folder, it gives the video {digest[:12]}, "
            f"undisturbed {trial.first_digest[:12]}: keep the generator's and the optimiser's state with the weights"
        )
    went = "began anew with" if steps.calls >= first.calls else "went on with"
    return f"killed at step {at} of {first.calls}, it {went} {steps.calls} and gives the same video"


def _kill(trial: Trial, at: int) -> None:
    killer = Killer(at, trial.progress)
    try:
        trial.tune(trial.build(), trial.first.case, "killed", killer)
    except Killed:
        return
    if killer.killed:
        raise Broken(f"tuning went on although progress raised at step {at}: let what is no Exception through")
    raise Broken(f"a second tuning told its progress fewer than {at} times: it is not the same work twice")
