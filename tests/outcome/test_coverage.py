"""Coverage on the four bases, on the tiny problem's plan."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, A, B, tiny_decisions, tiny_problem

from siteplan.outcome import Outcome, evaluate
from siteplan.plan import Decisions
from siteplan.scenario import Basis


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """What the tiny plan achieves."""
    return evaluate(tiny_problem(), tiny_decisions())


def test_figures_by_function_year_and_basis(outcome: Outcome) -> None:
    """Every figure n of m agrees with the count by hand, in the order function, year, basis.

    Elderly care 2028: s2 reaches b1, half of B's 60 persons, which is exactly the threshold. Places for
    elderly care are 50 at s1 and 20 at s2; for meals 15 at e1, 10 then 15 at s1; for culture 100 then 160.
    """
    figures = [
        (figure.function, figure.year, figure.basis.value, figure.covered, figure.counted)
        for figure in outcome.coverage
    ]
    assert figures == [
        (ELDERLY, 2027, "reachable", 1, 2),
        (ELDERLY, 2027, "established", 1, 2),
        (ELDERLY, 2027, "residents", 60, 90),
        (ELDERLY, 2027, "served", 50, 90),
        (ELDERLY, 2028, "reachable", 2, 2),
        (ELDERLY, 2028, "established", 2, 2),
        (ELDERLY, 2028, "residents", 90, 120),
        (ELDERLY, 2028, "served", 70, 120),
        (MEALS, 2027, "reachable", 1, 2),
        (MEALS, 2027, "established", 2, 2),
        (MEALS, 2027, "residents", 30, 46),
        (MEALS, 2027, "served", 25, 46),
        (MEALS, 2028, "reachable", 1, 2),
        (MEALS, 2028, "established", 2, 2),
        (MEALS, 2028, "residents", 30, 54),
        (MEALS, 2028, "served", 30, 54),
        (CULTURE, 2027, "reachable", 2, 2),
        (CULTURE, 2027, "established", 1, 2),
        (CULTURE, 2027, "residents", 240, 240),
        (CULTURE, 2027, "served", 100, 240),
        (CULTURE, 2028, "reachable", 2, 2),
        (CULTURE, 2028, "established", 1, 2),
        (CULTURE, 2028, "residents", 240, 280),
        (CULTURE, 2028, "served", 160, 280),
    ]


def test_percent_missing_and_target(outcome: Outcome) -> None:
    """A figure names the missing communities, and its target only on the target basis."""
    meals = {
        figure.basis: figure for figure in outcome.coverage if (figure.function, figure.year) == (MEALS, 2028)
    }
    reachable = meals[Basis.REACHABLE]
    assert (reachable.percent, reachable.target, reachable.missing) == (50.0, 2.0, (B,))
    assert meals[Basis.ESTABLISHED].missing == ()
    assert [meals[basis].target for basis in Basis] == [2.0, None, None, None]
    assert meals[Basis.RESIDENTS].percent == pytest.approx(100 * 30 / 54)


def test_a_residents_target_is_given_in_persons() -> None:
    """On the residents basis the target, a percentage in the problem, is reported in persons."""
    problem = replace(tiny_problem(), basis=Basis.RESIDENTS, targets={(ELDERLY, 2028): 90.0})
    figures = evaluate(problem, tiny_decisions()).coverage
    targets = {(figure.function, figure.year, figure.basis): figure.target for figure in figures}
    assert targets.pop((ELDERLY, 2028, Basis.RESIDENTS)) == pytest.approx(108.0)
    assert set(targets.values()) == {None}


def test_the_figures_do_not_depend_on_the_target_basis(outcome: Outcome) -> None:
    """Each figure is the same whatever basis the targets are set on."""
    for basis in (Basis.ESTABLISHED, Basis.RESIDENTS):
        other = evaluate(replace(tiny_problem(), basis=basis), tiny_decisions())
        assert other.communities == outcome.communities


def test_communities_add_up_to_the_figures(outcome: Outcome) -> None:
    """Persons of the communities sum up to the county's, and only communities in scope have rows."""
    assert {row.community_code for row in outcome.communities} == {A, B}
    for figure in outcome.coverage:
        rows = [
            row for row in outcome.communities if (row.function, row.year) == (figure.function, figure.year)
        ]
        if figure.basis is Basis.RESIDENTS:
            assert figure.covered == pytest.approx(sum(row.residents_covered for row in rows))
        if figure.basis is Basis.SERVED:
            assert figure.covered == pytest.approx(sum(row.served for row in rows))


def test_a_community_without_target_group_is_not_counted() -> None:
    """With b1 occupied from 2028 as well, B has no target group in 2027 and counts from 2028 on."""
    problem = tiny_problem()
    b1 = replace(problem.demand["b1"], occupied_from=2028)
    outcome = evaluate(replace(problem, demand={**problem.demand, "b1": b1}), tiny_decisions())
    counted = {
        figure.year: figure.counted
        for figure in outcome.coverage
        if (figure.function, figure.basis) == (ELDERLY, Basis.REACHABLE)
    }
    assert counted == {2027: 1.0, 2028: 2.0}
    assert (B, 2027) not in {(row.community_code, row.year) for row in outcome.communities}


def test_without_any_target_group_there_is_no_percentage() -> None:
    """Nobody to count gives 0 of 0 and no percentage, never 0 or 100 %."""
    problem = tiny_problem()
    demand = {key: replace(point, occupied_from=2028) for key, point in problem.demand.items()}
    outcome = evaluate(replace(problem, demand=demand), tiny_decisions())
    assert {
        (figure.covered, figure.counted, figure.percent) for figure in outcome.coverage if figure.year == 2027
    } == {(0.0, 0.0, None)}


def test_persons_within_the_reported_radii(outcome: Outcome) -> None:
    """Within 300, 500 and 1 000 m of elderly care: 2027 a1, then a2, then b1 at 800 m."""
    elderly = [
        (figure.year, figure.radius_m, figure.covered, figure.counted)
        for figure in outcome.coverage_at_radii
        if figure.function == ELDERLY
    ]
    assert elderly == [
        (2027, 300.0, 40.0, 90.0),
        (2027, 500.0, 60.0, 90.0),
        (2027, 1000.0, 90.0, 90.0),
        (2028, 300.0, 70.0, 120.0),
        (2028, 500.0, 90.0, 120.0),
        (2028, 1000.0, 120.0, 120.0),
    ]


def test_a_reported_radius_beyond_the_distances_is_refused() -> None:
    """A radius within which distances are not known is an error, not a smaller figure."""
    problem = replace(tiny_problem(), reported_radii_m=(300.0, 1500.0))
    with pytest.raises(ValueError, match="1500"):
        evaluate(problem, tiny_decisions())


def test_without_decisions_only_what_exists_counts() -> None:
    """With nothing planned, e1's meals are all there is, in both years."""
    outcome = evaluate(tiny_problem(), Decisions({}, {}, {}, {}))
    assert [site.site_id for site in outcome.sites] == ["e1"]
    covered = {
        (figure.function, figure.year): figure.covered
        for figure in outcome.coverage
        if figure.basis is Basis.RESIDENTS
    }
    assert covered == {
        (ELDERLY, 2027): 0,
        (ELDERLY, 2028): 0,
        (MEALS, 2027): 30,
        (MEALS, 2028): 30,
        (CULTURE, 2027): 0,
        (CULTURE, 2028): 0,
    }
