"""What guidance costs beside its passes: the guided methods on mini-wan against the cost that their passes imply.

    python -m benchmarks.guidance [METHOD ...] [--limit 1.15]

While a method generates, every pass of the transformer is counted by the number of its blocks that it computed, its
batch, and whether it had a gradient. A pass of each kind is then timed without guidance and without hooks, on a
transformer that has these blocks only, forward and, where it had a gradient, back to the latents; what encoding,
decoding and text took is added as it was. Of a block in which a pass ended midway the projections to queries, keys and
values count. The quotient is what losses, captures and the optimiser add.

All runs in this process on one thread. Seconds are the processor's, which on an idle machine are the clock's and on a
busy one do not count its other work; the clock's are printed beside them. Exit 1 where a quotient is above the limit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.search_mini_preset import cases
from motionbench import registry
from motionbench.backbones.sampling import Sampler
from motionbench.types import Case

METHODS = ("ditflow", "smm", "moft", "motion-clone")


@dataclass(frozen=True)
class Pass:
    """A kind of pass of the transformer."""

    blocks: int
    """Computed to their end."""
    projected: bool
    """Whether the pass ended behind the projections of one more."""
    batch: int
    gradient: bool


@dataclass
class Seconds:
    """Of the processor and of the clock."""

    processor: float = 0.0
    clock: float = 0.0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Add what the context takes."""
        processor, clock = time.process_time(), time.perf_counter()
        try:
            yield
        finally:
            self.processor += time.process_time() - processor
            self.clock += time.perf_counter() - clock


@dataclass
class Watch:
    """Counts passes, and the seconds of what is no pass of the transformer."""

    passes: Counter[Pass] = field(default_factory=Counter)
    beside: Seconds = field(default_factory=Seconds)
    _begun: bool = False
    _depth: int = 0
    _entered: int = 0
    _batch: int = 0
    _gradient: bool = False

    def install(self, backbone: Any, stack: ExitStack) -> None:
        """Until ``stack`` closes."""
        transformer, pipe = backbone.transformer, backbone.pipe
        stack.callback(self._finish)
        handles = [transformer.register_forward_pre_hook(self._begin, with_kwargs=True)]
        handles += [block.register_forward_pre_hook(self._enter) for block in transformer.blocks]
        handles += [block.register_forward_hook(self._count) for block in transformer.blocks]
        for handle in handles:
            stack.callback(handle.remove)
        for owner, name in ((pipe.vae, "encode"), (pipe.vae, "decode"), (pipe, "encode_prompt")):
            own = getattr(owner, name)
            setattr(owner, name, self._timed(own))
            stack.callback(delattr, owner, name)

    def _begin(self, module: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._finish()
        self._begun = True
        latents: Tensor = named["hidden_states"]
        self._batch, self._gradient = len(latents), latents.requires_grad and torch.is_grad_enabled()

    def _enter(self, *call: object) -> None:
        self._entered += 1

    def _count(self, *call: object) -> None:
        self._depth += 1

    def _finish(self) -> None:
        if self._begun:
            kind = Pass(self._depth, self._entered > self._depth, self._batch, self._gradient)
            self.passes[kind] += 1
        self._begun, self._depth, self._entered = False, 0, 0

    def _timed(self, own: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            with self.beside.counting():
                return own(*arguments, **named)

        return timed


@contextmanager
def shortened(transformer: Any, blocks: int) -> Iterator[None]:
    """The transformer with its first blocks only."""
    whole = transformer.blocks
    transformer.blocks = nn.ModuleList(whole[:blocks])
    try:
        yield
    finally:
        transformer.blocks = whole


class Ended(Exception):
    """A pass is behind the projections that it was asked for."""


@contextmanager
def ending(attention: Any) -> Iterator[list[Tensor]]:
    """A pass in the context ends where queries and keys of this attention are there; it leaves them."""
    left: list[Tensor] = []

    def keep(module: object, arguments: object, output: Tensor) -> None:
        left.append(output)
        if len(left) == 2:
            raise Ended

    handles = [module.register_forward_hook(keep) for module in (attention.norm_q, attention.norm_k)]
    try:
        yield left
    except Ended:
        pass
    finally:
        for handle in handles:
            handle.remove()


def one_pass(backbone: Any, kind: Pass, latents: Tensor, embeds: Tensor) -> None:
    """A pass of a kind, and back to the latents where it has a gradient."""
    sigma = torch.full((kind.batch,), 0.9)
    if kind.projected:
        with ending(backbone.transformer.blocks[kind.blocks].attn1) as outputs:
            backbone.velocity(latents, sigma, embeds)
    else:
        outputs = [backbone.velocity(latents, sigma, embeds)]
    if kind.gradient:
        torch.autograd.grad([output.sum() for output in outputs], [latents])


def unit(backbone: Any, kind: Pass, prompt: str, runs: int) -> Seconds:
    """Median seconds of one pass of a kind."""
    latents = Sampler(backbone).noise(0).expand(kind.batch, -1, -1, -1, -1).clone().requires_grad_(kind.gradient)
    embeds, found = backbone.embed(prompt), []
    with shortened(backbone.transformer, kind.blocks + kind.projected), torch.set_grad_enabled(kind.gradient):
        for _ in range(runs + 1):
            seconds = Seconds()
            with seconds.counting():
                one_pass(backbone, kind, latents, embeds)
            found.append(seconds)
    warm = found[1:]
    return Seconds(*(float(np.median([getattr(one, name) for one in warm])) for name in ("processor", "clock")))


def guided(backbone: Any, name: str, case: Case) -> tuple[Watch, Seconds]:
    """A generation, its passes, and what it took."""
    spec = registry.method(name)
    method = registry.implementation(spec)(backbone, {**spec.defaults, **spec.presets["mini"]})
    watch, whole = Watch(), Seconds()
    with ExitStack() as stack:
        watch.install(backbone, stack)
        stack.enter_context(whole.counting())
        method.generate(case, None, seed=0)
    return watch, whole


def quotient(backbone: Any, name: str, case: Case, runs: int) -> float:
    """Processor seconds of a generation over those that its passes imply; prints all of it."""
    watch, whole = guided(backbone, name, case)
    units = {kind: unit(backbone, kind, case.prompt, runs) for kind in watch.passes}
    implied = Seconds(
        *(
            getattr(watch.beside, clock)
            + sum(count * getattr(units[kind], clock) for kind, count in watch.passes.items())
            for clock in ("processor", "clock")
        )
    )
    for kind, count in watch.passes.items():
        way = "forward and back" if kind.gradient else "forward"
        part = " and projections" if kind.projected else ""
        each = 1e3 * units[kind].processor
        print(f"  {count} × {kind.blocks} blocks{part}, batch {kind.batch}, {way}: {each:.1f} ms each")
    found = whole.processor / implied.processor
    print(
        f"{name}: {whole.processor:.2f} s for {implied.processor:.2f} s of passes, quotient {found:.3f} "
        f"(by the clock {whole.clock:.2f} s for {implied.clock:.2f} s)",
        flush=True,
    )
    return found


def median_quotient(backbone: Any, name: str, case: Case, runs: int, rounds: int) -> float:
    """Of several rounds, each of which times generation and passes one after the other."""
    found = float(np.median([quotient(backbone, name, case, runs) for _ in range(rounds)]))
    print(f"{name}: median quotient {found:.3f}", flush=True)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("methods", nargs="*", default=METHODS, metavar="METHOD")
    parser.add_argument("--limit", type=float, default=1.15)
    parser.add_argument("--runs", type=int, default=9, help="of each kind of pass, for its median")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    spec = registry.backbone("mini-wan")
    backbone = registry.implementation(spec)(spec)
    (case,) = cases(1)
    backbone.generate(case.prompt, seed=0)
    found = [median_quotient(backbone, name, case, arguments.runs, arguments.rounds) for name in arguments.methods]
    return int(max(found) > arguments.limit)


if __name__ == "__main__":
    sys.exit(main())
