"""What a comparison says: every figure can be worked out again, and what can't be compared isn't."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compare import recomputed
from tests.compare.made import compared, pair, plan_of, without
from tests.compare.recomputed import Json, less
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, A, B, tiny_decisions

from siteplan.plan import Decisions, LocalCoverage, Plan
from siteplan.scenario import Basis, Level
from siteplan.studies.comparison import CompareError, Comparison, compare_plans
from siteplan.studies.comparison.document import SiteChange, Verdict


def check_every_figure(comparison: Json, one: Json, other: Json) -> None:
    """Check each figure and each difference of a comparison whose plans can be compared throughout."""
    years = sorted(set(one["years"]) & set(other["years"]))
    both = [recomputed.coverage(one), recomputed.coverage(other)]
    assert len(comparison["coverage"]) == len(both[0])
    for row in comparison["coverage"]:
        key = row["function"], row["year"], row["basis"]
        for position, name in enumerate(("values", "counted", "targets")):
            assert row[name] == [each[key][position] for each in both]
        assert row["differences"] == [pytest.approx(both[1][key][0] - both[0][key][0])]
    for section, keys, figures in (
        ("radii", ("function", "year", "radius_m"), recomputed.radii),
        ("area_standard", ("year", "measure"), recomputed.area),
        ("money", ("year", "source", "item"), recomputed.money),
    ):
        check_section(comparison[section], keys, figures(one), figures(other))
    check_levels(comparison, recomputed.levels(one), recomputed.levels(other))
    check_places(comparison, one, other, years)
    check_sites(comparison, one, other)


def check_section(rows: list[Json], keys: tuple[str, ...], one: Any, other: Any) -> None:
    assert {tuple(row[key] for key in keys) for row in rows} == set(one) | set(other)
    for row in rows:
        key = tuple(row[name] for name in keys)
        assert row["values"] == [pytest.approx(one.get(key)), pytest.approx(other.get(key))]
        assert row["differences"] == [pytest.approx(less(one.get(key), other.get(key)))]


def check_levels(comparison: Json, one: Any, other: Any) -> None:
    for row in comparison["levels"]:
        both = one.get(row["level"]), other.get(row["level"])
        for position, name in enumerate(("values", "bounds", "gaps", "ranks")):
            assert row[name] == [None if each is None else each[position] for each in both]
        if None not in both:
            assert row["differences"] == [pytest.approx(both[1][0] - both[0][0])]


def check_places(comparison: Json, one: Json, other: Json, years: list[int]) -> None:
    column = comparison["community_basis"]
    plans = [recomputed.communities(plan, column, years) for plan in (one, other)]
    towns: dict[str, list[Json]] = {}
    assert {row["community_code"] for row in comparison["communities"]} == set(plans[0]) | set(plans[1])
    for row in comparison["communities"]:
        (before, persons_before), (after, persons) = (plan[row["community_code"]] for plan in plans)
        assert row["values"] == [len(before), len(after)]
        assert row["differences"] == [len(after) - len(before)]
        assert row["person_years"] == pytest.approx([persons_before, persons])
        assert row["person_years_differences"] == [pytest.approx(persons - persons_before)]
        assert set(row["gained"][0]) == after - before
        assert set(row["lost"][0]) == before - after
        towns.setdefault(row["town_code"], []).append(row)
    for row in comparison["towns"]:
        inside = towns[row["town_code"]]
        assert row["communities"] == len(inside)
        for name in ("values", "differences", "person_years", "person_years_differences"):
            sums = [sum(each[name][number] for each in inside) for number in range(len(row[name]))]
            assert row[name] == pytest.approx(sums)
        assert row["gaining"] == [sum(each["differences"][0] > 0 for each in inside)]
        assert row["losing"] == [sum(each["differences"][0] < 0 for each in inside)]


def check_sites(comparison: Json, one: Json, other: Json) -> None:
    found: dict[str, set[str]] = {}
    for row in comparison["sites"]:
        found.setdefault(row["site_id"], set()).add(row["change"])
    assert found == recomputed.site_changes(one, other)


def as_json(document: Any) -> Json:
    """Return a document as it is written and read back."""
    result: Json = json.loads(document.model_dump_json(by_alias=True))
    return result


def comparison_of(one: Plan, other: Plan) -> Comparison:
    return compare_plans([compared("one", one), compared("two", other)])


@st.composite
def decisions(draw: st.DrawFn) -> Decisions:
    """Return decisions on the tiny problem's candidates: some functions from some year with some area."""
    start: dict[tuple[str, str], int] = {}
    rooms: dict[tuple[str, str, int], float] = {}
    areas: dict[tuple[str, str, int], float] = {}
    for site in ("s1", "s2", "s3"):
        for function, room in ((ELDERLY, "elderly"), (MEALS, "day"), (CULTURE, "day")):
            year = draw(st.sampled_from([None, 2027, 2028]))
            if year is None or (site == "s3" and year == 2027):
                continue
            start[site, function] = year
            area = float(draw(st.integers(10, 60)))
            for each in range(year, 2029):
                areas[site, function, each] = area
                rooms[site, room, each] = max(area, rooms.get((site, room, each), 0.0))
    return Decisions(start, rooms, areas, {})


@settings(max_examples=25, deadline=None)
@given(decisions(), decisions())
def test_every_figure_from_the_plans_alone(one: Decisions, other: Decisions) -> None:
    """Every figure of a comparison follows from the two ``plan.json``, worked out here in another way."""
    first, second = plan_of(one), plan_of(other)
    comparison = as_json(comparison_of(first, second))
    check_every_figure(comparison, as_json(first), as_json(second))


def test_other_levels_are_kept_apart() -> None:
    """A level that one plan lacks has no difference, and says that not every plan has it."""
    one, two = pair(plan=plan_of(tiny_decisions(), with_levels=False))
    row = compare_plans([one, two]).levels[0]
    assert row.values[1] is None
    assert row.differences == (None,)
    assert row.verdicts == (Verdict.NOT_COMPARABLE,)


def test_who_gains_and_loses_by_hand() -> None:
    """Without s2 community B loses elderly care in 2028, and nothing else changes."""
    comparison = compare_plans(pair())
    rows = {row.community_code: row for row in comparison.communities}
    assert rows[B].lost == ((f"{ELDERLY}:2028",),)
    assert rows[A].lost == ((),)
    assert all(row.gained == ((),) for row in rows.values())
    assert [(row.change, row.site_id, row.year_reference, row.year) for row in comparison.sites] == [
        (SiteChange.ONLY_REFERENCE, "s2", 2028, None)
    ]


def test_a_moved_site_by_hand() -> None:
    """s3 in place of s2, in the same community with the same function, is one move and no other change."""
    decisions = tiny_decisions()
    moved = Decisions(
        {("s3" if key[0] == "s2" else key[0], key[1]): year for key, year in decisions.start_year.items()},
        {("s3" if key[0] == "s2" else key[0], *key[1:]): m2 for key, m2 in decisions.room_m2.items()},
        {("s3" if key[0] == "s2" else key[0], *key[1:]): m2 for key, m2 in decisions.area_m2.items()},
        {},
    )
    rows = comparison_of(plan_of(decisions), plan_of(moved)).sites
    assert [(row.change, row.site_id, row.other_site_id) for row in rows] == [(SiteChange.MOVED, "s2", "s3")]
    assert (rows[0].area_reference_m2, rows[0].area_m2) == (40.0, 40.0)


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [((0.0, 0.0), Verdict.PROVEN), ((99.0, 99.0), Verdict.WITHIN_GAP), ((None, None), Verdict.WITHIN_GAP)],
)
def test_what_the_bounds_prove(bounds: tuple[float | None, float | None], verdict: Verdict) -> None:
    """Two scenarios differ only where the intervals from bound to value are apart."""
    plans = [plan_of(tiny_decisions()), plan_of(without(tiny_decisions(), "s2"))]
    compare = [
        plan.model_copy(update={"levels": (_with_gap(plan, gap), *plan.levels[1:])})
        for plan, gap in zip(plans, bounds, strict=True)
    ]
    rows = comparison_of(compare[0], compare[1]).levels
    assert rows[0].differences[0] is not None
    assert rows[0].differences[0] > 0.0
    assert rows[0].verdicts == (verdict,)
    assert rows[1].verdicts == (Verdict.CONDITIONAL,)


def _with_gap(plan: Plan, gap: float | None) -> Any:
    first = plan.levels[0]
    bound = None if gap is None else first.value - gap
    return first.model_copy(update={"bound": bound, "gap": gap})


def test_equal_and_proven_is_said_to_be_the_same() -> None:
    """Of two plans that are both proven, an equal level is proven to be equal, and later ones count too."""
    rows = comparison_of(plan_of(tiny_decisions()), plan_of(tiny_decisions())).levels
    assert [row.verdicts for row in rows] == [(Verdict.SAME,), (Verdict.SAME,)]


def test_other_people_make_coverage_incomparable() -> None:
    """Where demand points differ, coverage, persons and communities have no difference but a reason."""
    one, two = pair()
    two = compared("two", two.plan, files={"demand_points.csv": "1" * 64})
    comparison = compare_plans([one, two])
    assert any("demand_points.csv" in remark.en for remark in comparison.warnings)
    assert [each.path for each in comparison.files] == ["demand_points.csv"]
    assert comparison.communities
    assert {row.gaining for row in comparison.towns} == {(None,)}
    counting = [row for row in comparison.coverage if row.basis is not Basis.ESTABLISHED]
    for row in (*counting, *comparison.radii, *comparison.area_standard, *comparison.communities):
        assert row.differences == (None,)
        assert row.why_not[0] is not None
    assert next(row for row in comparison.money if row.year is None).differences != (None,)
    assert comparison.levels[0].verdicts == (Verdict.NOT_COMPARABLE,)


def test_other_spaces_can_be_compared_but_are_told() -> None:
    """A table of sites that differs is told, and coverage can still be compared."""
    one, two = pair()
    two = compared("two", two.plan, files={"sites.csv": "1" * 64})
    comparison = compare_plans([one, two])
    assert any("sites.csv" in remark.en for remark in comparison.warnings)
    assert all(row.differences != (None,) for row in comparison.coverage)


def test_another_radius_makes_its_function_incomparable() -> None:
    """With another radius 'reachable' means something else for that function; fixed walks still compare."""
    key = f"functions.{ELDERLY}.service_radius_m"
    one, two = (
        replace(each, settings={key: radius, "budget.scale": "1"})
        for each, radius in zip(pair(), ("500", "800"), strict=True)
    )
    comparison = compare_plans([one, two])
    assert [(each.key, each.values) for each in comparison.settings] == [(key, ("500", "800"))]
    for row in comparison.coverage:
        is_other = row.function == ELDERLY and row.basis is not Basis.ESTABLISHED
        assert (row.differences == (None,)) == is_other
    assert all(row.differences != (None,) for row in comparison.radii)
    assert ELDERLY not in comparison.community_functions
    assert MEALS in comparison.community_functions
    assert comparison.levels[0].why_not[0] is not None


def test_other_years_are_warned_of() -> None:
    """Plans of other years: sums and levels have no difference, the year in common has one."""
    plan = plan_of(tiny_decisions())
    short = {
        "years": (2028,),
        **{
            name: tuple(row for row in getattr(plan, name) if row.year == 2028)
            for name in ("coverage", "communities", "money", "area_standard", "coverage_at_radii")
        },
    }
    comparison = comparison_of(plan, plan.model_copy(update=short))
    assert "the years differ" in comparison.warnings[0].en
    assert all(row.differences == (None,) for row in comparison.money if row.year in (None, 2027))
    assert all(row.differences == (None,) for row in comparison.levels)
    assert all(row.differences == (0.0,) for row in comparison.coverage if row.year == 2028)
    assert comparison.community_years == (2028,)


def test_another_basis_is_warned_of() -> None:
    """Targets on another basis: a warning, and coverage is still compared basis by basis."""
    plan = plan_of(tiny_decisions())
    other = plan.model_copy(update={"basis": Basis.ESTABLISHED})
    one, two = (
        compared("one", plan, {"coverage.basis": "reachable"}),
        compared("two", other, {"coverage.basis": "established"}),
    )
    comparison = compare_plans([one, two])
    assert any("bases of the targets differ" in remark.en for remark in comparison.warnings)
    assert comparison.levels[0].level is Level.SHORTFALL
    assert comparison.levels[0].differences == (None,)
    assert all(row.differences == (0.0,) for row in comparison.coverage)


def test_unknown_settings_are_warned_of() -> None:
    """A plan whose scenario has changed since: nothing is said of its settings, and that is said."""
    one, two = pair(settings=None)
    comparison = compare_plans([one, two])
    assert any("settings are unknown: two" in remark.en for remark in comparison.warnings)
    assert comparison.settings == ()


def test_three_plans_against_the_first() -> None:
    """Of three plans the first is the reference of both others."""
    one, two = pair()
    three = replace(one, name="three")
    comparison = compare_plans([one, two, three])
    row = next(row for row in comparison.coverage if (row.function, row.year) == (ELDERLY, 2028))
    assert row.differences == (-1.0, 0.0)
    assert {site.plan for site in comparison.sites} == {"two"}


def test_targets_of_towns_by_hand() -> None:
    """Coverage of a town with a target of its own is compared as the county's is."""
    one, two = pair()
    figure = LocalCoverage(
        **one.plan.coverage[0].model_dump(exclude={"covered", "target"}),
        covered=2.0,
        target=2.0,
        area_code="610124000",
        area_name="乙镇",
    )
    plans = [
        replace(each, plan=each.plan.model_copy(update={"local_coverage": (row,)}))
        for each, row in ((one, figure), (two, figure.model_copy(update={"covered": 1.0})))
    ]
    row = compare_plans(plans).local_coverage[0]
    assert (row.area_name, row.values, row.targets) == ("乙镇", (2.0, 1.0), (2.0, 2.0))
    assert row.differences == (-1.0,)


def test_one_plan_is_too_few() -> None:
    """There is nothing to compare one plan with."""
    with pytest.raises(CompareError):
        compare_plans(pair()[:1])
