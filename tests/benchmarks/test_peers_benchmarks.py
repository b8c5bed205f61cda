"""The benchmarks beside peers measure what they say, on tiny instances."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from benchmarks import covering, distances, planning
from siteplan.bench.making import ALL_RULES, BASES
from siteplan.covering import solve_mclp


def published(sites: int = 1) -> covering.Published:
    """Three demand points, two sites: the first covers points 0 and 1, the second point 2."""
    reach = sparse.csr_array(np.array([[1, 0], [1, 0], [0, 1]]))
    return covering.Published("tiny", sites, reach, np.array([2.0, 3.0, 4.0]), 5.0)


def test_every_peer_of_distances_prepares_the_same_task() -> None:
    """On a small grid scipy and networkx find siteplan's distances."""
    task = distances.generated_task(225, 12, 5, 400.0)
    for name in ("scipy", "networkx"):
        measured = distances.measure_peer(task, name, 0.0)
        assert measured.difference_m == pytest.approx(0.0, abs=1e-9)


def test_distances_are_reported_from_both_sides() -> None:
    """The row of siteplan has the whole task's pairs and no extrapolation."""
    task = distances.generated_task(225, 12, 5, 400.0)
    own = distances.measure_siteplan(task, 1)
    assert own.sources == 17
    lines = distances.report(task, [own, own, distances.measure_peer(task, "scipy", 0.0)], 1.0, ["igraph"])
    assert f"{own.entries:,} pairs" in "\n".join(lines)
    assert lines[-1] == "Not installed, so not compared: igraph."


def test_covering_is_counted_from_open_sites() -> None:
    """A peer's value is what its open sites cover, whatever it claims."""
    assert covering.covered_weight(published(), np.array([1.0, 0.0])) == 5.0


def test_too_many_open_sites_are_refused() -> None:
    """A peer that opens more than p sites has no value."""
    with pytest.raises(ValueError, match="2 sites open"):
        covering.covered_weight(published(), np.array([1.0, 1.0]))


def test_pyomo_solves_the_textbook_model() -> None:
    """The plain model opens the better of two sites."""
    assert covering.solve_by_pyomo(published(), 10.0).tolist() == pytest.approx([1.0, 0.0])


def test_siteplan_reaches_what_a_peer_ended_with() -> None:
    """The time to a peer's value is that of a run which covers as much; without a value there is none."""
    reached = covering.with_own_seconds(published(), covering.PeerAnswer("peer", 5.0, 9.0), [])
    assert reached.own_s is not None
    assert covering.with_own_seconds(published(), covering.PeerAnswer("peer", None, 9.0), []).own_s is None


def test_covering_tells_peers_apart() -> None:
    """Each peer has a row with its ratio, a peer without an answer dashes."""
    instance = published()
    result = solve_mclp(instance.reach, instance.weights, p=1, time_limit=1.0)
    answers = [covering.PeerAnswer("A", 5.0, 9.0, 0.5), covering.PeerAnswer("B", None, 60.0)]
    measured = [covering.Measured(instance, [result], answers)]
    text = "\n".join(covering.report(measured, [1.0], 60.0, 2.0, [], published=True))
    assert "| tiny | 1 | A | 5 | 100.000 | 9.0 | 0.50 s | 18 × |" in text
    assert "| tiny | 1 | B | — | — | 60.0 | — | — |" in text


def measurement(
    size: str, basis: str, *, points: int, alone_value: float, reading_s: float = 1.0
) -> planning.Measurement:
    """A measurement of a plan with a shortfall of 2 and a gap of 0.5."""
    level = {
        **{"name": "shortfall", "unit": "coverage points", "value": 2.0, "bound": 1.5, "gap": 0.5},
        **{"status": "gap", "given_unproven": False},
    }
    return planning.Measurement(
        size=size,
        basis=basis,
        demand_points=points,
        sites=10,
        measured_at="01-01 00:00",
        limit_s=60.0,
        exit_code=0,
        wall_s=50.0,
        peak_gib=0.5,
        verified=True,
        levels=(level,),
        stages={"reading and checking the inputs": reading_s},
        alone_value=alone_value,
        alone_bound=1.0,
        alone_note="",
    )


def test_a_new_measurement_takes_the_place_of_the_old() -> None:
    """Of one size and basis the newest is kept, in order of size."""
    kept = [measurement("city", "reachable", points=6000, alone_value=3.0)]
    kept = planning.with_newest(kept, measurement("county", "reachable", points=60, alone_value=3.0))
    kept = planning.with_newest(kept, measurement("city", "reachable", points=6000, alone_value=4.0))
    assert [(row.size, row.alone_value) for row in kept] == [("county", 3.0), ("city", 4.0)]


def test_scenarios_with_all_rules_have_rows_of_their_own() -> None:
    """What is measured of a size is each scenario that a made case has, the bases alone before all rules."""
    assert list(planning.SCENARIOS.values()) == [
        *(f"{basis}.yaml" for basis in BASES),
        *(f"{basis}-{ALL_RULES}.yaml" for basis in BASES),
    ]
    kept: list[planning.Measurement] = []
    for name in ("residents, all rules", "reachable", "residents"):
        kept = planning.with_newest(kept, measurement("county", name, points=60, alone_value=3.0))
    assert [row.basis for row in kept] == ["reachable", "residents", "residents, all rules"]


def test_a_better_peer_is_named() -> None:
    """Where HiGHS alone has the smaller shortfall the report says so."""
    better = measurement("county", "residents", points=60, alone_value=1.9)
    assert "HiGHS alone is better on: county, residents (value)." in planning.report([better])
    worse = measurement("county", "residents", points=60, alone_value=2.9)
    assert "HiGHS alone is better on none of them." in planning.report([worse])


def test_growth_is_reported_and_drawn(tmp_path: Path) -> None:
    """Reading that takes ten times as long for ten times the points has the exponent 1."""
    rows = [
        measurement("county", "reachable", points=60, alone_value=3.0, reading_s=1.0),
        measurement("district", "reachable", points=600, alone_value=3.0, reading_s=10.0),
    ]
    assert "| reading, s | 1 | 10 | 1 |" in planning.report(rows)
    planning.plot(rows, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").stat().st_size > 0


def test_measurements_are_read_back(tmp_path: Path) -> None:
    """What is kept makes the same report when it is read again; without a file there is nothing."""
    file = tmp_path / "planning.json"
    assert planning.read_measurements(file) == []
    rows = [measurement("county", "reachable", points=60, alone_value=3.0)]
    planning.write_measurements(rows, file)
    assert planning.report(planning.read_measurements(file)) == planning.report(rows)
