"""What the search knows of the rules besides budget, form and space: its plans keep them by themselves."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tests.solve.random_problem import random_problem
from tests.solve.test_conversion import with_conversion
from tests.tiny_problem import CULTURE, ELDERLY, tiny_problem

from siteplan.case import Mode
from siteplan.highs import Clock
from siteplan.outcome.provision import providing_sites
from siteplan.plan import Decisions
from siteplan.problem import FundingSource, Problem
from siteplan.solve.search import Runs, search_starts
from siteplan.solve.search.landscape import describe_landscape
from siteplan.solve.search.limits import KEPT_BACK, limits_of, payable_by_source
from siteplan.solve.search.programmes import enumerate_programmes, mask_of
from siteplan.text import Text


def county(budget_cny: float = 4e6) -> Problem:
    """A random county of six communities."""
    return random_problem(3, communities=6, towns=2, points=30, sites=15, years=3, budget_cny=budget_cny)


def found(problem: Problem) -> Decisions:
    """Return the best plan of the search, which is within all limits."""
    plans = search_starts(problem, 1, Runs(300_000, 1), Clock(time.monotonic() + 240.0))
    assert plans
    assert plans[0].is_within_limits
    return plans[0].decisions


def on_one_plot(problem: Problem) -> Problem:
    """All candidates share three plots."""
    sites = {
        key: site if site.is_decided else replace(site, plot_id=f"P{number % 3}")
        for number, (key, site) in enumerate(problem.sites.items())
    }
    return replace(problem, sites=sites)


def opens_each_plot_once(problem: Problem, plan: Decisions) -> bool:
    """Return whether no two opened sites share a plot."""
    opened = Counter(problem.sites[key].plot_id for key in plan.opening_years())
    return max(opened.values()) == 1


def few_newly_built(problem: Problem) -> Problem:
    """All candidates are newly built, at most two of them."""
    sites = {
        key: site if site.is_decided else replace(site, mode=Mode.NEW_BUILD)
        for key, site in problem.sites.items()
    }
    return replace(problem, sites=sites, newly_built_at_most=2)


def builds_at_most_two(problem: Problem, plan: Decisions) -> bool:
    """Return whether at most two newly built sites open, and some do."""
    return 0 < sum(problem.sites[key].is_newly_built for key in plan.opening_years()) <= 2


def with_operators(problem: Problem) -> Problem:
    """Nine of ten candidates are run by one operator, who gets no more than half."""
    sites = {
        key: site if site.is_decided else replace(site, operator="乙" if number % 10 == 0 else "甲")
        for number, (key, site) in enumerate(problem.sites.items())
    }
    return replace(problem, sites=sites, operator_share_at_most=0.5)


def shares_the_sites(problem: Problem, plan: Decisions) -> bool:
    """Return whether no operator has more than half of the opened sites, rounded up."""
    sites = Counter(problem.sites[key].operator for key in plan.opening_years())
    return sites["甲"] <= 0.5 * sites.total() + 1.0


def required(problem: Problem) -> Problem:
    """Every community that any site could cover has four functions in the last year."""
    communities = {
        code: replace(community, in_scope=code != "C03") for code, community in problem.communities.items()
    }
    return replace(problem, communities=communities, functions_per_community={problem.years[-1]: 4})


def covers_four_functions_everywhere(problem: Problem, plan: Decisions) -> bool:
    """Return whether every community has four functions within reach in the last year."""
    last, providing = problem.years[-1], providing_sites(problem, plan)
    return all(
        sum(
            not providing[function, last].isdisjoint(problem.covering_sites(code, function, last))
            for function in problem.functions
        )
        >= 4
        for code, community in problem.communities.items()
        if community.in_scope
    )


RULES: dict[str, tuple[Callable[[Problem], Problem], Callable[[Problem, Decisions], bool]]] = {
    "plots": (on_one_plot, opens_each_plot_once),
    "newly built": (few_newly_built, builds_at_most_two),
    "operators": (with_operators, shares_the_sites),
    "functions per community": (required, covers_four_functions_everywhere),
}


@pytest.mark.parametrize("name", RULES)
def test_the_search_keeps_the_rule(name: str) -> None:
    """Its plan keeps the rule where it is on, and breaks it where it isn't."""
    switched_on, keeps = RULES[name]
    problem = switched_on(county(1e6 if name == "functions per community" else 4e6))
    assert keeps(problem, found(problem))
    free = replace(
        problem,
        sites={key: replace(site, plot_id=None) for key, site in problem.sites.items()},
        newly_built_at_most=None,
        operator_share_at_most=None,
        functions_per_community={},
    )
    assert not keeps(problem, found(free))


def test_sources_pay_no_more_than_they_may() -> None:
    """Of 400 000 + 1.25 · 40 · 2000 CNY one source may pay all, one a fifth, one the elderly room."""
    problem = tiny_problem()
    sources = {
        "county": FundingSource("county", Text.same("county"), {2027: 3e6, 2028: 3e6}),
        "fifth": FundingSource(
            "fifth", Text.same("fifth"), {2027: 1e5, 2028: 1e5}, share_of_project_at_most=0.2
        ),
        "elderly": FundingSource(
            "elderly", Text.same("elderly"), {2027: 2e5, 2028: 2e5}, eligible_functions=frozenset({ELDERLY})
        ),
    }
    problem = replace(problem, money=replace(problem.money, sources=sources))
    programmes = enumerate_programmes(problem)
    row = problem.planned_sites.index("s1")
    of_elderly, of_both = (
        int(programmes.by_mask[row, mask_of(problem, frozenset(functions))])
        for functions in ({ELDERLY}, {ELDERLY, CULTURE})
    )
    payable = payable_by_source(problem, programmes, programmes.cost)
    room, opening = 1.25 * 40.0 * 2000.0 / 1e6, 0.4
    assert programmes.cost[of_elderly] == pytest.approx(opening + room)
    assert payable[of_elderly] == pytest.approx([opening + room, 0.2 * (opening + room), room])
    assert payable[of_both, 2] == pytest.approx(room)
    limits = limits_of(problem, programmes, (0, 1, 2))
    used = dict(
        zip(
            *(
                a[limits.first[of_elderly] : limits.first[of_elderly + 1]].tolist()
                for a in (limits.row, limits.amount[:, 0])
            ),
            strict=True,
        )
    )
    capital = np.flatnonzero(limits.is_capital).tolist()
    assert [used[row] for row in capital] == pytest.approx(
        [opening + room - 0.2 * (opening + room) - room, opening, opening + room]
    )
    assert limits.most[capital, -1] == pytest.approx((1.0 - KEPT_BACK) * np.array([6.0, 6.2, 6.6]))


def test_a_service_covers_until_it_is_converted() -> None:
    """The convertible service's functions are those of the closed site in its place."""
    problem = with_conversion(tiny_problem())
    land = describe_landscape(problem)
    row = problem.planned_sites.index("x1")
    former = frozenset(problem.sites["e1"].programme or {})
    assert former
    assert land.sites.closed_mask[row] == mask_of(problem, former)
    assert not np.delete(land.sites.closed_mask, row).any()
