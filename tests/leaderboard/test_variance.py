"""Shares of variance: from known ones, by hand, and where the numbers cannot tell."""

from __future__ import annotations

import numpy as np
import pytest

from motionbench.leaderboard.statistics import Observation
from motionbench.leaderboard.variance import Components, components, shares


def drawn(references: int, prompts: int, seeds: int, spread: tuple[float, float, float]) -> list[Observation]:
    """Nested random effects with these standard deviations."""
    generator = np.random.default_rng(0)
    own = generator.normal(0, spread[0], (references, 1, 1))
    values = own + generator.normal(0, spread[1], (references, prompts, 1))
    values = values + generator.normal(0, spread[2], (references, prompts, seeds))
    return [
        Observation(f"r{r}", f"r{r}--p{p}", float(values[r, p, s]))
        for r, p, s in np.ndindex(references, prompts, seeds)
    ]


def test_the_variances_behind_the_numbers_are_found() -> None:
    found = components(drawn(1500, 3, 4, (1.0, 0.5, 0.7)))
    assert found is not None
    # Five standard errors: σ²√(2/degrees of freedom), the other levels' noise added.
    assert found.reference == pytest.approx(1.0, rel=0, abs=0.25)
    assert found.prompt == pytest.approx(0.25, rel=0, abs=0.06)
    assert found.seed == pytest.approx(0.49, rel=0, abs=0.03)


def test_unequal_numbers_do_not_bias_them() -> None:
    generator = np.random.default_rng(5)
    kept = [one for one in drawn(1500, 3, 4, (1.0, 0.5, 0.7)) if generator.random() < 0.6]
    found = components(kept)
    assert found is not None
    assert (found.reference, found.prompt, found.seed) == pytest.approx((1.0, 0.25, 0.49), rel=0, abs=0.25)
    assert found.prompt == pytest.approx(0.25, rel=0, abs=0.1)


def test_by_hand_two_references_two_prompts_two_seeds() -> None:
    values = {"a": ((0.0, 2.0), (4.0, 6.0)), "b": ((10.0, 12.0), (14.0, 16.0))}
    observations = [
        Observation(reference, f"{reference}{case}", value)
        for reference, cases in values.items()
        for case, seeds in enumerate(cases)
        for value in seeds
    ]
    # Mean squares: seeds 8·1/4 = 2, prompts 8·4/2 = 16, references 8·25/1 = 200.
    assert components(observations) == Components((200 - 16) / 4, (16 - 2) / 2, 2.0)


def test_one_seed_or_one_prompt_leaves_that_share_open() -> None:
    one_seed = components(drawn(40, 2, 1, (1.0, 0.5, 0.7)))
    one_prompt = components(drawn(40, 1, 3, (1.0, 0.5, 0.7)))
    single = components(drawn(40, 1, 1, (1.0, 0.5, 0.7)))
    assert one_seed is not None
    assert one_seed.seed is None
    assert one_seed.prompt is not None
    assert one_prompt is not None
    assert one_prompt.prompt is None
    assert one_prompt.seed is not None
    assert single is not None
    assert (single.prompt, single.seed) == (None, None)
    assert components(drawn(1, 2, 2, (1.0, 0.5, 0.7))) is None


def test_shares_add_up_to_one_over_all_methods() -> None:
    found = shares("mf", [Components(1.0, 0.5, 0.5), Components(2.0, 0.0, 0.0), None])
    assert found is not None
    assert (found.reference, found.prompt, found.seed) == (0.75, 0.125, 0.125)
    assert shares("mf", [Components(0.0, 0.0, 0.0)]) is None
    assert shares("mf", []) is None
    open_share = shares("mf", [Components(3.0, 1.0, None)])
    assert open_share is not None
    assert open_share.seed is None
