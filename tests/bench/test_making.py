"""Generated benchmark cases, on a size far below the smallest that is offered."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siteplan.bench.making import BASES, MadeCase, make_case
from siteplan.bench.sizes import SIZES, Size
from siteplan.bench.streets import lay_out_streets, place_towns, shared_out
from siteplan.case import Case
from siteplan.cli.stages import Prepared, Stopwatch, prepare
from siteplan.inputs.roads.components import components_of

TINY = Size("tiny", 12, 15, 2, 400.0, 4.0, 60.0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeCase:
    """A tiny generated case with its scenarios."""
    return make_case(TINY, 7, tmp_path_factory.mktemp("tiny") / "made")


@pytest.fixture(scope="module")
def prepared(made: MadeCase) -> Prepared:
    """The same, read, checked and assembled on the basis `reachable`."""
    return prepare(made.scenarios[0], Stopwatch())


@pytest.fixture(scope="module")
def case(prepared: Prepared) -> Case:
    """Its tables."""
    return prepared.inputs.case


def contents(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file by its path in the folder."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_the_same_seed_makes_the_same_files(made: MadeCase, tmp_path: Path) -> None:
    """Two cases of one seed agree byte by byte."""
    again = make_case(TINY, 7, tmp_path / "again")
    assert contents(again.folder) == contents(made.folder)


def test_another_seed_makes_another_case(made: MadeCase, tmp_path: Path) -> None:
    """The seed reaches the tables."""
    other = make_case(TINY, 8, tmp_path / "other")
    table = "case/demand_points.csv"
    assert contents(other.folder)[table] != contents(made.folder)[table]


def test_it_has_the_size_asked_for(case: Case) -> None:
    """Demand points and candidate sites are exactly as many as the size says."""
    assert (len(case.demand_points), len(case.sites)) == (TINY.demand_points, TINY.sites)


def test_every_record_says_that_it_is_made_up(case: Case) -> None:
    """Each row is illustrative and names its source."""
    tables: tuple[tuple[Any, ...], ...] = (
        *(case.towns, case.communities, case.demand_points),
        *(case.sites, case.projects, case.existing_services),
    )
    rows = [row for table in tables for row in table]
    assert all(row.data_status == "illustrative" and "synthetic" in row.source for row in rows)


def test_the_roads_hang_together(prepared: Prepared) -> None:
    """The road network is one component, and every place is on it."""
    network = prepared.inputs.network
    assert components_of(network, ~network.is_private).max() == 0
    assert (prepared.access.demand_snapped.edge >= 0).all()
    assert (prepared.access.sites_snapped.edge >= 0).all()


def test_money_is_tight(made: MadeCase) -> None:
    """The budget opens some sites but doesn't pay for all that the greedy plan could reach."""
    calibration = made.calibration
    assert calibration.sites >= 1
    assert 0.0 < calibration.capital_cny < calibration.full_capital_cny
    assert 0.0 < calibration.reachable_volume <= calibration.volume


def test_both_bases_can_be_assembled(made: MadeCase) -> None:
    """Each scenario gives a problem with targets on its own basis, and so does each with all rules."""
    problems = [prepare(file, Stopwatch()).problem for file in made.scenarios]
    assert [problem.basis.value for problem in problems] == [*BASES, *BASES]
    assert all(problem.targets for problem in problems)


def test_sizes_grow() -> None:
    """Each offered size has more demand points and sites than the one before."""
    points = [size.demand_points for size in SIZES.values()]
    sites = [size.sites for size in SIZES.values()]
    assert points == sorted(points)
    assert sites == sorted(sites)


@pytest.mark.parametrize("total", [0, 3, 7, 100])
def test_shares_add_up(total: int) -> None:
    """Whole shares add up to the total and follow the weights."""
    shares = shared_out(np.array([5.0, 1.0, 3.0, 0.0]), total)
    assert shares.sum() == total
    assert shares[0] >= shares[2] >= shares[1]


def test_towns_keep_apart() -> None:
    """No two towns touch, and every street side belongs to one of them."""
    random = np.random.default_rng(3)
    towns = place_towns(random, 5, 60, 500.0)
    apart = np.hypot(towns.x_m[:, None] - towns.x_m, towns.y_m[:, None] - towns.y_m)
    radii = towns.radius_m[:, None] + towns.radius_m
    assert (apart[~np.eye(5, dtype=bool)] > radii[~np.eye(5, dtype=bool)]).all()
    streets = lay_out_streets(random, towns)
    assert set(streets.frontage_town.tolist()) == set(range(5))
