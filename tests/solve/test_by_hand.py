"""What a planner fixes by hand: into the problem, checked before solving, and kept by the solver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.solve.test_against_brute_force import check_against_brute_force, tiny_instance
from tests.solve.test_assemble import scenario
from tests.tiny_case import changed, tiny_rows, write_tiny_case
from tests.tiny_problem import ELDERLY, MEALS, A, B, tiny_problem
from tests.verify.world import INFANT, SPORTS, tiny_policy

from siteplan.assemble import build_problem, check_by_hand
from siteplan.case import Form
from siteplan.findings import Finding, Severity
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.roads import read_roads
from siteplan.outcome.coverage import is_covered
from siteplan.outcome.provision import providing_sites
from siteplan.problem import Pace, Problem, Role
from siteplan.reach import walking_access
from siteplan.scenario import Basis, LoadedScenario, SolverSettings
from siteplan.solve import solve
from siteplan.text import Language

QUICK = SolverSettings(time_limit_s=240.0, effort=0.05)
EAST, WEST = "610124001001", "610124001002"
Check = Callable[..., list[Finding]]


def test_a_commitment_opens_in_its_year_with_its_functions() -> None:
    """Left alone, s1 opens in 2027; committed to 2028 it waits, and has meals from the start."""
    problem = tiny_problem()
    assert solve(problem, QUICK).decisions.opening_years()["s1"] == 2027
    sites = {**problem.sites}
    sites["s1"] = replace(sites["s1"], opens_in=2028, required_functions=frozenset({MEALS}))
    decisions = solve(replace(problem, sites=sites), QUICK).decisions
    assert decisions.opening_years()["s1"] == 2028
    assert decisions.start_year["s1", MEALS] == 2028


def test_a_commitment_counts_towards_the_pace() -> None:
    """With one opening a year, nothing but s2, committed to 2027, opens in 2027."""
    problem = tiny_problem()
    sites = {**problem.sites, "s2": replace(problem.sites["s2"], opens_in=2027)}
    opened = solve(replace(problem, sites=sites, pace=Pace(1, None)), QUICK).decisions.opening_years()
    assert [site for site, year in opened.items() if year == 2027] == ["s2"]


def test_a_commitment_after_the_horizon_keeps_the_site_closed() -> None:
    """s1 is promised for 2030: within 2027 and 2028 it stays closed."""
    problem = tiny_problem()
    sites = {**problem.sites, "s1": replace(problem.sites["s1"], opens_in=2030)}
    assert "s1" not in solve(replace(problem, sites=sites), QUICK).decisions.opening_years()


def test_what_is_forbidden_starts_later_or_never() -> None:
    """Elderly care at s1 is forbidden in 2027 and starts in 2028; meals there never start."""
    forbidden = {("s1", ELDERLY): 2027, ("s1", MEALS): 2028}
    start = solve(replace(tiny_problem(), forbidden_by_hand=forbidden), QUICK).decisions.start_year
    assert start.get(("s1", ELDERLY), 2028) == 2028
    assert ("s1", MEALS) not in start


def test_required_coverage_is_reached_though_it_costs_the_first_level() -> None:
    """With one site a year A's would come first; B requires elderly care by 2027 and gets s2."""
    problem = replace(tiny_problem(), required_coverage={(B, ELDERLY): 2027})
    decisions = solve(problem, QUICK).decisions
    providing = providing_sites(problem, decisions)
    assert is_covered(problem, providing, Basis.REACHABLE, B, ELDERLY, 2027)
    assert decisions.start_year["s2", ELDERLY] == 2027


def fixed_by_hand(seed: int) -> Problem:
    """Return an instance of the brute-force family with random entries of all three kinds."""
    problem = tiny_instance(seed)
    random = np.random.default_rng(1000 + seed)
    sites = dict(problem.sites)
    free = [key for key in problem.planned_sites if sites[key].role is Role.CANDIDATE]
    chosen = free[int(random.integers(len(free)))]
    if seed % 2:
        hosted = sorted(sites[chosen].may_host)
        sites[chosen] = replace(
            sites[chosen],
            opens_in=int(random.choice([*problem.years, problem.years[-1] + 1])),
            required_functions=frozenset(hosted[: int(random.integers(3))]),
            form_by_hand=(None, Form.COMPLEX, Form.SCATTERED)[seed % 3],
        )
    pair = (free[int(random.integers(len(free)))], str(random.choice([ELDERLY, MEALS])))
    wanted = (str(random.choice([A, B])), ELDERLY)
    provided = problem.covering_sites(*wanted, problem.years[-1])
    return replace(
        problem,
        sites=sites,
        forbidden_by_hand={pair: int(random.choice(problem.years))} if pair[0] != chosen else {},
        required_coverage={wanted: problem.years[-1]} if provided and seed % 4 != 1 else {},
    )


@pytest.mark.parametrize("seed", [1, 2, 3, 5, 8, 10])
def test_the_solver_agrees_with_trying_everything(seed: int) -> None:
    """With random commitments, prohibitions and requirements, both find the same, or that nothing fits."""
    check_against_brute_force(fixed_by_hand(seed))


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Return a maker of findings of the tiny case under a scenario with the given entries."""

    def findings(sites: list[dict[str, str]] | None = None, **entries: Any) -> list[Finding]:
        policy = tiny_policy()
        folder = write_tiny_case(tmp_path / "case", sites=sites or tiny_rows("sites"))
        case = load_case(folder, function_names(policy))
        settings = scenario(**entries)
        access = walking_access(read_roads(case.roads_file, "EPSG:4545"), case, policy, 1000.0)
        loaded = LoadedScenario(settings, tmp_path / "s.yaml", (), folder, tmp_path, tmp_path)
        found = check_by_hand(build_problem(case, policy, settings, access), case, loaded)
        assert all(finding.describe(Language.ZH) for finding in found)
        return found

    return findings


def commit(site: str, year: int = 2027, **more: Any) -> dict[str, Any]:
    return {"commit": {"entry": {"site": site, "year": year, **more}}}


def test_a_sound_entry_of_each_kind_is_accepted(check: Check) -> None:
    """S1 with elderly care, no sports at S3, elderly care in 东街社区 by name."""
    assert not check(
        **commit("S1", functions=[ELDERLY]),
        forbid={"no-sports": {"site": "S3", "functions": [SPORTS], "until": 2027}},
        require={"east": {"community": "东街社区", "function": ELDERLY, "by": 2028}},
    )


@pytest.mark.parametrize(
    ("entries", "columns", "code", "words"),
    [
        (commit("S11"), {}, "unknown-site", "did you mean `S1`"),
        (commit("E1"), {}, "not-a-candidate", "an existing service"),
        (commit("S1"), {"consent": "seeking"}, "commit-without-consent", "seeking"),
        (commit("S1"), {"year_available": "2028"}, "commit-before-available", "2028 or later"),
        (
            commit("S1", functions=[ELDERLY]),
            {"floor": "4"},
            "commit-unsuitable-function",
            "above floor 3",
        ),
        (
            commit("S1", functions=[ELDERLY, MEALS], form="complex"),
            {"floor_area_m2": "550", "usable_area_m2": "500"},
            "commit-cannot-be-complex",
            "550 m² floor area",
        ),
        (
            commit("S1", functions=[ELDERLY, MEALS, INFANT], form="scattered"),
            {},
            "commit-too-many-functions",
            "at most 2",
        ),
        (
            commit("S1", functions=[ELDERLY, INFANT]),
            {"usable_area_m2": "150"},
            "commit-does-not-fit",
            "need 160 m²",
        ),
        ({**commit("S1"), "pace": {"sites_per_year": 0}}, {}, "commit-above-pace", "the pace allows 0"),
        ({"forbid": {"x": {"site": "s2 "}}}, {}, "unknown-site", "`S2`"),
        ({"forbid": {"x": {"site": "P1"}}}, {}, "not-a-candidate", "a committed project"),
        (
            {"require": {"x": {"community": "东街社", "function": ELDERLY, "by": 2028}}},
            {},
            "unknown-community",
            "东街社区",
        ),
        (
            {"require": {"x": {"community": "北村", "function": ELDERLY, "by": 2028}}},
            {},
            "community-out-of-scope",
            "not in scope",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_done_is_said_before_solving(
    check: Check, entries: dict[str, Any], columns: dict[str, str], code: str, words: str
) -> None:
    """One error, with the reason or the probable meaning."""
    first, *others = tiny_rows("sites")
    (finding,) = check([changed(first, **columns), *others], **entries)
    assert finding.code == code
    assert finding.severity is Severity.ERROR
    assert words in finding.describe(Language.EN)


def test_a_requirement_that_no_site_can_meet_says_why(check: Check) -> None:
    """Culture in 东街社区: every site that could is forbidden or available in 2028 only."""
    sites = [changed(row, year_available="2028") for row in tiny_rows("sites")]
    entry = {"x": {"community": EAST, "function": "culture", "by": 2027}}
    (later,) = check(sites, require=entry)
    assert later.code == "requirement-cannot-be-met"
    assert "S1 not before 2028" in later.found.en
    forbid = {site: {"site": site} for site in ("S1", "S2", "S3")}
    (forbidden,) = check(require=entry, forbid=forbid)
    assert "S1 is forbidden by hand" in forbidden.found.en
    unsuitable = [changed(row, excluded_functions="culture") for row in tiny_rows("sites")]
    (none,) = check(unsuitable, require=entry)
    assert "S1: listed in the table as not suitable" in none.found.en


def test_forbidding_what_cannot_be_is_a_warning(check: Check) -> None:
    """S1 without open ground can't hold sports anyway."""
    first, *others = tiny_rows("sites")
    sites = [changed(first, has_outdoor_space="false"), *others]
    (finding,) = check(sites, forbid={"x": {"site": "S1", "functions": [SPORTS]}})
    assert (finding.code, finding.severity) == ("forbids-the-impossible", Severity.WARNING)
