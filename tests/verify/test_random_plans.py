"""Verification accepts every plan that is solved, and rejects every corruption of what it claims."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.verify.corruption import corrupted
from tests.verify.random_world import random_world
from tests.verify.world import World

from siteplan.verify.verification import verify

Worlds = dict[int, World | None]
SEEDS = 8


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """Plans of random cases under random rules, by seed; None where the rules clash."""
    return {seed: random_world(tmp_path_factory.mktemp("random"), seed) for seed in range(SEEDS)}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_solved_plan_is_accepted(worlds: Worlds, seed: int) -> None:
    """What the solver, the figures and the files say is what verification finds."""
    world = worlds[seed]
    if world is not None:
        assert verify(world.facts, world.results).false == ()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS, 100))
def test_many_more_solved_plans_are_accepted(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """The same for many more random cases and rules, and corruptions of each are rejected."""
    world = random_world(tmp_path_factory.mktemp("random"), seed)
    if world is None:
        return
    assert verify(world.facts, world.results).false == ()
    for draw in range(40):
        _rejects(world, 1000 * seed + draw)


def test_most_of_the_random_cases_have_a_plan(worlds: Worlds) -> None:
    """The rules are drawn so that they bind but seldom clash."""
    solved = [world for world in worlds.values() if world is not None]
    assert len(solved) > SEEDS // 2
    assert {len(world.facts.years) for world in solved} == {1, 2}


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(choice=st.integers(0, SEEDS), seed=st.integers(0, 2**31))
def test_a_corrupted_plan_is_rejected(world: World, worlds: Worlds, choice: int, seed: int) -> None:
    """Whatever single thing is changed, dropped, doubled, added or swapped: some claim is false."""
    _rejects(worlds.get(choice) or world, seed)


def _rejects(world: World, seed: int) -> None:
    draws = (corrupted(world.results, seed + number) for number in itertools.count())
    corruption = next(draw for draw in draws if draw is not None)
    assert not verify(world.facts, corruption.results).passed, corruption.told
