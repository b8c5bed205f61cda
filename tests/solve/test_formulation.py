"""The program says what the written formulation says: block by block, and each family where it binds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyomo.environ import Var
from scipy.optimize import Bounds, LinearConstraint, milp
from tests.tiny_problem import CULTURE, DISTANCES, ELDERLY, MEALS, TOWN, A, B, reach_from, tiny_problem

from siteplan.case import Form, Mode
from siteplan.problem import FormStandard, FundingSource, Money, NewEstate, Pace, Problem, Role
from siteplan.scenario import CARE_BEDS, AssignmentRule, Basis, Level, SolverSettings
from siteplan.solve import InfeasibleError, solve
from siteplan.solve.formulation import CONSTRAINTS, OBJECTIVES, build_model
from siteplan.solve.program import compile_program
from siteplan.text import Text

DOCUMENT = (Path(__file__).parents[2] / "model" / "formulation.md").read_text(encoding="utf-8")
Point = Mapping[tuple[Any, ...], float]
"""Values of variables: (variable's name, *index) → value in model units (100 m², million CNY)."""


def free(problem: Problem | None = None, **changes: Any) -> Problem:
    """Return the tiny problem without limits on money and pace, varied."""
    unlimited: dict[str, Any] = {"money": Money(None, {}, True, {}), "pace": Pace(None, None)}
    return replace(problem or tiny_problem(), **{**unlimited, **changes})


def without_minima() -> Problem:
    """Return the problem in which a function may have no area: what areas ask doesn't matter."""
    functions = {
        key: replace(function, minimum_alone_m2=0.0, minimum_in_complex_m2=0.0)
        for key, function in tiny_problem().functions.items()
    }
    return free(functions=functions)


def with_committed(opens_in: int, required: frozenset[str]) -> Problem:
    """Return the problem in which s1 is a committed complex."""
    sites = dict(tiny_problem().sites)
    sites["s1"] = replace(
        sites["s1"],
        role=Role.COMMITTED,
        opens_in=opens_in,
        listed_form=Form.COMPLEX,
        required_functions=required,
    )
    return free(sites=sites)


def with_columns(changes: Mapping[str, Mapping[str, Any]], **others: Any) -> Problem:
    """Return the problem in which sites differ in some fields."""
    sites = dict(tiny_problem().sites)
    for key, fields in changes.items():
        sites[key] = replace(sites[key], **fields)
    return free(sites=sites, **others)


def with_commitment_by_hand() -> Problem:
    """Return the problem in which the candidate s1 is committed by hand to 2028, scattered and with meals."""
    sites = dict(tiny_problem().sites)
    sites["s1"] = replace(
        sites["s1"], opens_in=2028, required_functions=frozenset({MEALS}), form_by_hand=Form.SCATTERED
    )
    return free(sites=sites)


def with_conversion(held_until: int | None = None) -> Problem:
    """Return the problem in which x1 may take the place of e1, the same 80 m², for meals or culture."""
    former = tiny_problem().sites["e1"]
    converted = replace(
        former,
        site_id="x1",
        role=Role.CANDIDATE,
        may_host=frozenset({MEALS, CULTURE}),
        programme=None,
        mode=Mode.REBUILD,
        converts="e1",
        held_until=held_until,
    )
    return free(sites={**tiny_problem().sites, "x1": converted})


def with_places(least: Mapping[tuple[str, int], float]) -> Problem:
    """Return the problem with places that are a must; 30 % of an elderly room are care beds of 8 m²."""
    return free(places_at_least=least, care_bed_share_of_elderly_room=0.3, care_bed_area_m2=8.0)


def with_operators(**changes: Any) -> Problem:
    """Return the problem in which one operator runs e1, s1 and s3, another s2."""
    operators = {"e1": "甲", "s1": "甲", "s2": "乙", "s3": "甲"}
    return with_columns({site: {"operator": name} for site, name in operators.items()}, **changes)


@dataclass(frozen=True)
class Case:
    """A point that only one family cuts off, and the change of it that the family allows."""

    problem: Problem
    point: Point
    allowed: Point
    level: Level = Level.SHORTFALL
    relaxed: bool = field(default=False)


def closed(*sites: str, years: tuple[int, ...] = (2027, 2028)) -> dict[tuple[Any, ...], float]:
    return {("open", site, year): 0.0 for site in sites for year in years}


def provides(site: str, *functions: str, year: int = 2027) -> dict[tuple[Any, ...], float]:
    """Return the values of a site that provides just these of the three functions in a year."""
    return {
        ("provide", site, key, year): float(key in functions)
        for key in (ELDERLY, MEALS, CULTURE)
        if key in tiny_problem().sites[site].may_host
    }


def subsidised(**changes: Any) -> Problem:
    """Return the problem with a subsidy of 100 CNY per m² for elderly care, which lacks 80 without."""
    functions = dict(tiny_problem().functions)
    functions[ELDERLY] = replace(functions[ELDERLY], subsidy_cny_per_m2_year=100.0)
    return free(functions=functions, **changes)


def source(key: str, **conditions: Any) -> FundingSource:
    """Return a source with plenty of money in each year, unless told otherwise."""
    settings: dict[str, Any] = {"amounts_cny": {2027: 5e6, 2028: 5e6, 2029: 5e6}, **conditions}
    last = 2028 + int(settings.get("paid_after_years", 0))
    settings["amounts_cny"] = {year: cny for year, cny in settings["amounts_cny"].items() if year <= last}
    return FundingSource(key, Text.same(key), **settings)


def paid_by(*sources: FundingSource, advance_cny: Mapping[int, float] | None = None) -> Problem:
    """Return the tiny problem with money by source and no limit on pace."""
    by_key = {entry.key: entry for entry in sources}
    return free(money=Money({2027: 1e7, 2028: 1e7}, {}, True, {}, by_key, advance_cny or {}))


def spent(key: str, year: int = 2027) -> tuple[str, str, str, int]:
    """Return the name of the variable of what a source pays for s1."""
    return ("spend", "s1", key, year)


# s1 opens with 40 m² of elderly care: 400 000 + 40 m² × 1.25 × 2 000 = 500 000 CNY.
S1_OF_500_000: dict[tuple[Any, ...], float] = {
    **provides("s1", ELDERLY),
    ("area", "s1", ELDERLY, 2027): 0.4,
    **closed("s2", "s3"),
}
ALL = (ELDERLY, MEALS, CULTURE)
CASES: dict[str, Case] = {
    "provided_only_when_open": Case(
        without_minima(),
        {("open", "s1", 2027): 0, ("provide", "s1", ELDERLY, 2027): 1},
        {("open", "s1", 2027): 1},
    ),
    "open_only_to_provide": Case(
        free(), {("open", "s1", 2027): 1, **provides("s1")}, {("provide", "s1", ELDERLY, 2027): 1}
    ),
    "available_from": Case(free(), {("open", "s3", 2027): 1}, {("open", "s3", 2027): 0}),
    # Whole plans never break it alone: 0.9 = 3 × 0.3 is a point of the relaxation.
    "stays_open": Case(
        without_minima(),
        {
            ("open", "s1", 2027): 0.9,
            ("open", "s1", 2028): 0.3,
            **{("provide", "s1", key, year): 0.3 for key in ALL for year in (2027, 2028)},
        },
        {("open", "s1", 2028): 0.9},
        relaxed=True,
    ),
    "stays_provided": Case(
        without_minima(),
        {("provide", "s1", ELDERLY, 2027): 1, ("provide", "s1", ELDERLY, 2028): 0},
        {("provide", "s1", ELDERLY, 2028): 1},
    ),
    # Meals shrink while culture keeps the room that both share.
    "area_never_shrinks": Case(
        free(),
        {
            ("area", "s1", MEALS, 2027): 1.0,
            ("area", "s1", MEALS, 2028): 0.6,
            ("area", "s1", CULTURE, 2028): 1.0,
        },
        {("area", "s1", MEALS, 2028): 1.0},
    ),
    # Two functions of 60 m² use a room of 120 m² as well as one of 60 m².
    "room_never_shrinks": Case(
        free(),
        {
            **{("area", "s1", key, year): 0.6 for key in (MEALS, CULTURE) for year in (2027, 2028)},
            ("room", "s1", "day", 2027): 1.2,
            ("room", "s1", "day", 2028): 0.6,
        },
        {("room", "s1", "day", 2028): 1.2},
    ),
    "committed_sites": Case(with_committed(2028, frozenset()), closed("s1"), {("open", "s1", 2028): 1}),
    "required_functions": Case(
        with_committed(2027, frozenset({ELDERLY})),
        {("provide", "s1", ELDERLY, 2027): 0},
        {("provide", "s1", ELDERLY, 2027): 1},
    ),
    "conversion_starts_and_stops": Case(
        with_conversion(),
        {("open", "x1", 2028): 1, ("operates", "e1", 2028): 1},
        {("operates", "e1", 2028): 0},
    ),
    "use_is_held": Case(
        with_conversion(held_until=2028), {("open", "x1", 2027): 1}, {("open", "x1", 2027): 0}
    ),
    "committed_by_hand": Case(
        with_commitment_by_hand(),
        {("open", "s1", 2028): 1, ("provide", "s1", MEALS, 2028): 0},
        {("provide", "s1", MEALS, 2028): 1},
    ),
    "forbidden_by_hand": Case(
        free(forbidden_by_hand={("s1", ELDERLY): 2027}),
        {("provide", "s1", ELDERLY, 2027): 1},
        {("provide", "s1", ELDERLY, 2027): 0, ("provide", "s1", ELDERLY, 2028): 1},
    ),
    # Only s1 reaches enough of A.
    "required_coverage": Case(
        free(required_coverage={(A, ELDERLY): 2028}),
        {("provide", "s1", ELDERLY, 2028): 0},
        {("provide", "s1", ELDERLY, 2028): 1, ("provide", "s1", ELDERLY, 2027): 0},
    ),
    "rollout_pace": Case(
        free(pace=Pace(1, None)),
        {("open", "s1", 2027): 1, ("open", "s2", 2027): 1},
        {("open", "s2", 2027): 0},
    ),
    # s2 has 200 m² floor area.
    "site_form": Case(free(), {("complex", "s2"): 1}, {("complex", "s2"): 0}),
    "scattered_has_few_functions": Case(
        free(), {("complex", "s1"): 0, **provides("s1", *ALL)}, {("provide", "s1", CULTURE, 2027): 0}
    ),
    "complex_has_enough": Case(
        free(),
        {("complex", "s1"): 1, **provides("s1", ELDERLY, MEALS)},
        {("provide", "s1", CULTURE, 2027): 1},
    ),
    "places_reserved_first": Case(
        free(places_reserved_first=True, form_standard=None),
        provides("s1", MEALS),
        {("provide", "s1", ELDERLY, 2027): 1},
    ),
    "complex_has_care": Case(
        with_columns({"s1": {"may_host": frozenset(ALL)}}, form_standard=FormStandard(0.0, 2, 1, 1)),
        {("complex", "s1"): 1, ("lacks_care", "s1"): 0, **provides("s1", MEALS, CULTURE, year=2028)},
        {("provide", "s1", ELDERLY, 2028): 1},
        Level.PREFERRED_FORM,
    ),
    "one_use_of_a_plot": Case(
        with_columns({"s1": {"plot_id": "p"}, "s3": {"plot_id": "p"}}),
        {("open", "s1", 2027): 1, ("open", "s3", 2028): 1},
        {("open", "s3", 2028): 0},
    ),
    # s2 is newly built.
    "newly_built_sites": Case(
        free(newly_built_at_most=0), {("open", "s2", 2028): 1}, {("open", "s2", 2028): 0}
    ),
    # A site that isn't a complex: its functions count.
    "provided_outside_complex": Case(
        free(),
        {("complex", "s1"): 0, **provides("s1", MEALS, year=2028), ("scattered", "s1", MEALS): 0},
        {("scattered", "s1", MEALS): 1},
        Level.SCATTERED_FUNCTIONS,
    ),
    # 80 m² × 0.3 are 24 m²: three beds of 8 m².
    "care_beds_fit_in_elderly_room": Case(
        with_places({(CARE_BEDS, 2027): 0.0}),
        {("area", "s1", ELDERLY, 2027): 0.79, ("care_beds", "s1", 2027): 3},
        {("area", "s1", ELDERLY, 2027): 0.80},
    ),
    # 30 places are 60 m² at 0.5 persons per m².
    "places_at_least": Case(
        with_places({(ELDERLY, 2027): 30.0}),
        {("area", "s1", ELDERLY, 2027): 0.59, **closed("s2", "s3")},
        {("area", "s1", ELDERLY, 2027): 0.60},
    ),
    # 20 places are 40 m², in a complex; its own minimum is 30 m².
    "complex_places_at_least": Case(
        free(complex_places_at_least={ELDERLY: 20.0}),
        {("complex", "s1"): 1, **provides("s1", *ALL), ("area", "s1", ELDERLY, 2027): 0.39},
        {("area", "s1", ELDERLY, 2027): 0.40},
    ),
    # s1 and s3 are one operator's, s2 another's: of two sites one at most, of three two.
    "operator_share": Case(
        with_operators(operator_share_at_most=0.5),
        {("open", "s1", 2028): 1, ("open", "s2", 2028): 0, ("open", "s3", 2028): 1},
        {("open", "s2", 2028): 1},
    ),
    "operator_with_most_sites": Case(
        with_operators(),
        {("open", "s1", 2028): 1, ("most_sites", None): 1},
        {("most_sites", None): 2},
        Level.OPERATOR_CONCENTRATION,
    ),
    # 30 m² in a complex.
    "area_at_least_minimum": Case(
        free(),
        {("complex", "s1"): 1, **provides("s1", *ALL), ("area", "s1", ELDERLY, 2027): 0.29},
        {("area", "s1", ELDERLY, 2027): 0.30},
    ),
    # 40 m² alone.
    "area_at_least_minimum_alone": Case(
        free(),
        {("complex", "s1"): 0, **provides("s1", ELDERLY), ("area", "s1", ELDERLY, 2027): 0.39},
        {("area", "s1", ELDERLY, 2027): 0.40},
    ),
    # 300 m² at most; the site has 800.
    "area_at_most_maximum": Case(
        free(), {("area", "s1", ELDERLY, 2027): 3.01}, {("area", "s1", ELDERLY, 2027): 3.0}
    ),
    "function_fits_its_room": Case(
        free(),
        {("area", "s1", ELDERLY, 2027): 1.0, ("room", "s1", "elderly", 2027): 0.9},
        {("room", "s1", "elderly", 2027): 1.0},
    ),
    "room_is_used": Case(
        free(),
        {("area", "s1", ELDERLY, 2027): 1.0, ("room", "s1", "elderly", 2027): 1.1},
        {("room", "s1", "elderly", 2027): 1.0},
    ),
    # s2 has 160 m² usable: 100 and 60, not 61.
    "rooms_fit_in_site": Case(
        free(),
        {("area", "s2", ELDERLY, 2027): 1.0, ("area", "s2", MEALS, 2027): 0.61},
        {("area", "s2", MEALS, 2027): 0.6},
    ),
    # s1: 400 000 + 40 m² × 1.25 × 2 000 = 500 000.
    "yearly_budget": Case(
        free(money=Money({2027: 500_000.0, 2028: 0.0}, {}, True, {})),
        {**provides("s1", ELDERLY), ("area", "s1", ELDERLY, 2027): 0.41, **closed("s2", "s3")},
        {("area", "s1", ELDERLY, 2027): 0.4},
    ),
    # 100 m² × 1.25 × (200 − 120) = 10 000 CNY in 2028 for what is in place at the end of 2027.
    "operating_limit": Case(
        free(money=Money(None, {}, True, {2028: 10_000.0})),
        {("area", "s1", ELDERLY, 2027): 1.01, **provides("s1", ELDERLY), **closed("s2")},
        {("area", "s1", ELDERLY, 2027): 1.0},
    ),
    # Elderly care leaves 20 CNY per m², culture of 60 m² lacks 80: 240 m² of the one carry it.
    "operator_is_viable": Case(
        subsidised(operator_viability=True),
        {
            **provides("s1", ELDERLY, CULTURE),
            ("area", "s1", CULTURE, 2027): 0.6,
            ("area", "s1", ELDERLY, 2027): 2.39,
        },
        {("area", "s1", ELDERLY, 2027): 2.4},
    ),
    # 100 m² × 1.25 × 100 CNY = 12 500 CNY in 2028 for what is in place at the end of 2027.
    "subsidy_limit": Case(
        subsidised(money=Money(None, {}, True, {}, subsidy_cny={2028: 12_500.0})),
        {("area", "s1", ELDERLY, 2027): 1.01, **provides("s1", ELDERLY), **closed("s2")},
        {("area", "s1", ELDERLY, 2027): 1.0},
    ),
    "project_is_paid": Case(
        paid_by(source("county")), {**S1_OF_500_000, spent("county"): 0.49}, {spent("county"): 0.5}
    ),
    "source_amount": Case(
        paid_by(source("county", amounts_cny={2027: 500_000.0, 2028: 0.0})),
        {**S1_OF_500_000, ("area", "s1", ELDERLY, 2027): 0.41},
        {("area", "s1", ELDERLY, 2027): 0.4},
    ),
    "source_share_of_project": Case(
        paid_by(source("central", share_of_project_at_most=0.5), source("county")),
        {**S1_OF_500_000, spent("central"): 0.26},
        {spent("central"): 0.25},
    ),
    "source_cap_per_project": Case(
        paid_by(source("central", per_project_cap_cny=200_000.0), source("county")),
        {**S1_OF_500_000, spent("central"): 0.21},
        {spent("central"): 0.2},
    ),
    # Meals of 40 m² in a day room of 50 m², which culture needs.
    "eligible_room_is_used": Case(
        paid_by(source("fund", eligible_functions=frozenset({MEALS})), source("county")),
        {
            **provides("s1", ELDERLY, MEALS, CULTURE),
            **{("area", "s1", key, 2027): size for key, size in zip(ALL, (0.4, 0.4, 0.5), strict=True)},
            ("eligible_room", "s1", "fund", "day", 2027): 0.41,
        },
        {("eligible_room", "s1", "fund", "day", 2027): 0.4},
    ),
    # 40 m² × 1.25 × 2 000 = 100 000 of the 500 000 are fit-out for elderly care.
    "source_pays_eligible_functions": Case(
        paid_by(source("fund", eligible_functions=frozenset({ELDERLY})), source("county")),
        {**S1_OF_500_000, spent("fund"): 0.11},
        {spent("fund"): 0.1},
    ),
    "awards_are_bridged": Case(
        paid_by(source("municipal", paid_after_years=1), source("county"), advance_cny={2027: 100_000.0}),
        {**S1_OF_500_000, spent("municipal"): 0.11},
        {spent("municipal"): 0.1},
    ),
    "community_covered_by_one_site": Case(
        free(),
        {("community_covered", A, ELDERLY, 2027): 1, ("provide", "s1", ELDERLY, 2027): 0},
        {("provide", "s1", ELDERLY, 2027): 1},
    ),
    "covered_only_within_reach": Case(
        free(),
        {("cover", "a1", ELDERLY, 2027): 1, ("provide", "s1", ELDERLY, 2027): 0},
        {("provide", "s1", ELDERLY, 2027): 1},
        Level.PERSONS_COVERED,
    ),
    # b1 is covered by s3 but would walk to s2.
    "assigned_only_where_provided": Case(
        free(),
        {
            ("assign", "b1", "s2", ELDERLY, 2028): 1,
            ("provide", "s2", ELDERLY, 2028): 0,
            ("provide", "s3", ELDERLY, 2028): 1,
        },
        {("assign", "b1", "s2", ELDERLY, 2028): 0},
        Level.WALKING_DISTANCE,
    ),
    "covered_where_provided": Case(
        free(),
        {("cover", "a1", ELDERLY, 2027): 0, ("provide", "s1", ELDERLY, 2027): 1},
        {("cover", "a1", ELDERLY, 2027): 1},
        Level.WALKING_DISTANCE,
    ),
    "covered_are_assigned": Case(
        free(),
        {("cover", "a1", ELDERLY, 2027): 1, ("assign", "a1", "s1", ELDERLY, 2027): 0},
        {("assign", "a1", "s1", ELDERLY, 2027): 1},
        Level.WALKING_DISTANCE,
    ),
    # Of a1's 40 persons half may come to a site that half provides, though it has 75 places.
    "served_only_where_provided": Case(
        free(assignment_rule=AssignmentRule.MOST_SERVED),
        {
            ("provide", "s1", ELDERLY, 2027): 0.5,
            ("area", "s1", ELDERLY, 2027): 1.5,
            ("serve", "a1", "s1", ELDERLY, 2027): 0.03,
        },
        {("serve", "a1", "s1", ELDERLY, 2027): 0.02},
        Level.PERSONS_COVERED,
        relaxed=True,
    ),
    # b1 has 30 persons.
    "served_at_most_demand": Case(
        free(assignment_rule=AssignmentRule.MOST_SERVED),
        {("serve", "b1", "s2", ELDERLY, 2028): 0.02, ("serve", "b1", "s3", ELDERLY, 2028): 0.02},
        {("serve", "b1", "s3", ELDERLY, 2028): 0.01},
        Level.PERSONS_COVERED,
    ),
    # 100 m² have 50 places.
    "served_within_capacity": Case(
        free(assignment_rule=AssignmentRule.MOST_SERVED),
        {
            ("area", "s1", ELDERLY, 2027): 1.0,
            ("serve", "a1", "s1", ELDERLY, 2027): 0.04,
            ("serve", "a2", "s1", ELDERLY, 2027): 0.02,
        },
        {("serve", "a2", "s1", ELDERLY, 2027): 0.01},
        Level.PERSONS_COVERED,
    ),
    # 10 of s1's 50 places are free.
    "full_without_a_free_place": Case(
        free(assignment_rule=AssignmentRule.NEAREST_WITH_A_PLACE),
        {
            ("area", "s1", ELDERLY, 2027): 1.0,
            ("serve", "a1", "s1", ELDERLY, 2027): 0.04,
            ("serve", "a2", "s1", ELDERLY, 2027): 0.0,
            ("full", "s1", ELDERLY, 2027): 1,
        },
        {("serve", "a2", "s1", ELDERLY, 2027): 0.01},
        Level.PERSONS_COVERED,
    ),
    # b1 goes to s3, 500 m away, past 30 free places at s2, 300 m away.
    "nearest_with_a_place": Case(
        free(assignment_rule=AssignmentRule.NEAREST_WITH_A_PLACE),
        {
            ("provide", "s2", ELDERLY, 2028): 1,
            ("area", "s2", ELDERLY, 2028): 0.6,
            ("serve", "b1", "s2", ELDERLY, 2028): 0.0,
            ("serve", "b1", "s3", ELDERLY, 2028): 0.03,
            ("full", "s2", ELDERLY, 2028): 0,
        },
        {("serve", "b1", "s2", ELDERLY, 2028): 0.03, ("serve", "b1", "s3", ELDERLY, 2028): 0.0},
        Level.PERSONS_COVERED,
    ),
    # Two communities are wanted in 2028; without elderly care anywhere both are short.
    "coverage_target": Case(
        free(),
        {("shortfall", ELDERLY, 2028): 1, **{("provide", s, ELDERLY, 2028): 0 for s in ("s1", "s2", "s3")}},
        {("shortfall", ELDERLY, 2028): 2},
    ),
    # The town of A and B wants both with elderly care in 2028.
    "local_coverage_target": Case(
        free(local_targets={(TOWN, ELDERLY, 2028): 2.0}, targets={}),
        {
            ("local_shortfall", TOWN, ELDERLY, 2028): 0,
            **{("provide", s, ELDERLY, 2028): 0 for s in ("s2", "s3")},
        },
        {("local_shortfall", TOWN, ELDERLY, 2028): 1},
    ),
    # e1 gives meals to A; B has nothing while the planned sites are closed.
    "no_community_left_behind": Case(
        free(),
        {("least_served", 2027): 1, **closed("s1", "s2", "s3", years=(2027,))},
        {("least_served", 2027): 0},
        Level.WORST_COMMUNITY,
    ),
    # A: 30 m² × 450 / 100 = 135 m² wanted, e1 has 60 × 1.25 = 75: 60 m² short.
    "functions_per_community": Case(
        free(functions_per_community={2027: 2}),
        {("community_covered", A, key, 2027): float(key == MEALS) for key in ALL},
        {("community_covered", A, ELDERLY, 2027): 1.0},
        Level.WORST_COMMUNITY,
    ),
    # A and B with three functions each: half of six pairs are three.
    "coverage_per_town": Case(
        free(coverage_per_town={2027: 50.0}),
        {
            **{("community_covered", B, key, 2027): 0.0 for key in ALL},
            ("community_covered", A, CULTURE, 2027): 0.0,
        },
        {("community_covered", A, CULTURE, 2027): 1.0},
        Level.WORST_COMMUNITY,
    ),
    # Meals: e1 covers A; both communities must be covered.
    "coverage_floor": Case(
        free(coverage_floor={(MEALS, 2027): 2.0}),
        {("community_covered", B, MEALS, 2027): 0.0},
        {("community_covered", B, MEALS, 2027): 1.0},
    ),
    # Community A has 450 households: 30 m² for 100 of them are 135 m², of which e1 has 75 m² floor area.
    "area_standard_floor": Case(
        free(area_floor_m2_per_100_households={2027: 30.0}),
        {("room", "s1", "elderly", 2027): 0.4, ("room", "s1", "day", 2027): 0.0},
        {("room", "s1", "elderly", 2027): 0.6},
    ),
    # 20 m² of elderly care for 100 of A's 450 households are 90 m², none of them at e1: 72 m² usable at s1.
    "elderly_area_standard_floor": Case(
        free(elderly_area_floor_m2_per_100_households={2027: 20.0}),
        {("area", "s1", ELDERLY, 2027): 0.7},
        {("area", "s1", ELDERLY, 2027): 0.73},
    ),
    # b2's 40 households from 2028: 50 m² for 100 are 20 m² floor area, 16 m² usable, at s3.
    "new_estate_area_standard": Case(
        replace(without_minima(), new_estates={"N1": NewEstate(("s3",), ("b2",), 50.0)}),
        {("room", "s3", "elderly", 2028): 0.15, ("room", "s3", "day", 2028): 0.0},
        {("room", "s3", "elderly", 2028): 0.16},
    ),
    "community_area_standard": Case(
        free(),
        {("area_shortfall", A, "30", 2027): 0.59, **closed("s1", years=(2027,))},
        {("area_shortfall", A, "30", 2027): 0.6},
        Level.AREA_STANDARD,
    ),
}


def is_feasible(case: Case, point: Point, without: str | None = None) -> bool:
    """Return whether the program has a solution with the point's values, without one family's rows."""
    model = build_model(case.problem, (case.level,))
    for (name, *index), value in point.items():
        variable = getattr(model, str(name))[tuple(index) if len(index) > 1 else index[0]]
        variable.setlb(value)
        variable.setub(value)
    program = compile_program(case.problem, model, (case.level,)).program
    kept = [number for number, row in enumerate(program.row_names) if row.split("[")[0] != without]
    answer = milp(
        np.zeros(len(program.cost)),
        integrality=np.zeros(len(program.cost)) if case.relaxed else program.is_integer.astype(int),
        bounds=Bounds(program.column_lower, program.column_upper),
        constraints=LinearConstraint(program.matrix[kept], program.row_lower[kept], program.row_upper[kept]),
    )
    assert answer.status in (0, 2), answer.message
    return bool(answer.status == 0)


def test_every_family_has_a_case() -> None:
    """A new family without a point that it cuts off is noticed."""
    assert set(CASES) == set(CONSTRAINTS)


@pytest.mark.parametrize("family", CASES)
def test_a_family_binds_where_it_should(family: str) -> None:
    """The point is cut off by the family and by no other; what the family allows is a plan."""
    case = CASES[family]
    assert not is_feasible(case, case.point)
    assert is_feasible(case, case.point, without=family)
    assert is_feasible(case, {**case.point, **case.allowed})


def _blocks() -> dict[str, str]:
    """Return constraint → heading of its group, as the document has them between its two great parts."""
    part = DOCUMENT.split("\n# Constraints", 1)[1].split("\n# ", 1)[0]
    group, blocks = "", {}
    for line in part.splitlines():
        if match := re.fullmatch(r"(##|###) (\w+)", line):
            if match[1] == "##":
                group = match[2]
            else:
                blocks[match[2]] = group
    return blocks


def test_every_family_is_written_down_in_its_group() -> None:
    """The document has a block for each family and no other, under the name of the family's module."""
    modules = {name: family.__module__.rsplit(".", 1)[1] for name, family in CONSTRAINTS.items()}
    assert _blocks() == modules


@pytest.mark.parametrize("family", CONSTRAINTS)
def test_a_block_is_complete(family: str) -> None:
    """Each block has a sentence with the Chinese term, an equation, its index sets and its origin."""
    block = re.split(r"\n#{1,3} ", DOCUMENT.split(f"\n### {family}\n", 1)[1], maxsplit=1)[0]
    assert re.search(r"（?[\u4e00-\u9fff]{2,}", block)
    assert block.count("$$") >= 2
    assert r"\in" in block or r"t > t_1" in block or "counted" in block
    assert "From: " in block


def test_every_variable_is_written_down() -> None:
    """The table of variables names those of the code, each once; `never` is a constant 0."""
    models = [build_model(case.problem, tuple(OBJECTIVES)) for case in CASES.values()]
    used = {variable.name for model in models for variable in model.component_objects(Var)}
    table = DOCUMENT.split("## Variables", 1)[1].split("\n# ", 1)[0]
    names = [
        re.sub(r"\\", "", re.findall(r"\\mathrm\{([a-z\\_]+)\}", line.split("|")[1])[0])
        for line in table.splitlines()
        if line.startswith("| $")
    ]
    assert sorted(names) == sorted(used - {"never"})


def test_every_level_is_written_down_with_its_unit() -> None:
    """The table of the objective names each level, its sense and the unit in which it is reported."""
    for level, definition in OBJECTIVES.items():
        row = next(line for line in DOCUMENT.splitlines() if line.startswith(f"| `{level.value}`"))
        assert f"| {'max' if definition.maximise else 'min'} |" in row
        assert row.endswith(f"| {definition.unit} |")


def test_rows_are_named_by_family_and_indices() -> None:
    """Every row of the program tells which rule it is of, and for what."""
    levels = tuple(OBJECTIVES)
    problem = tiny_problem()
    names = compile_program(problem, build_model(problem, levels), levels).program.row_names
    assert {name.split("[")[0] for name in names} <= set(CONSTRAINTS)
    assert all(re.fullmatch(r"\w+\[[^\]]+\]", name) for name in names)
    assert {"rooms_fit_in_site[s1,2027]", f"stays_provided[s2,{MEALS},2028]", "yearly_budget[2028]"} <= set(
        names
    )


def test_nobody_counted_is_no_shortfall() -> None:
    """On the residents basis a function without any target group is short of nothing."""
    problem = tiny_problem()
    nobody = {
        key: replace(point, target_group={**point.target_group, CULTURE: 0.0})
        for key, point in problem.demand.items()
    }
    targets = {(CULTURE, 2028): 80.0, (ELDERLY, 2028): 50.0}
    residents = free(problem, demand=nobody, basis=Basis.RESIDENTS, targets=targets)
    assert is_feasible(Case(residents, {}, {}), {("shortfall", CULTURE, 2028): 0.0})
    nothing = Case(residents, {}, {})
    assert not is_feasible(nothing, {("shortfall", ELDERLY, 2028): 0.0, **closed("s1", "s2", "s3")})


def unreachable_until_2028() -> Problem:
    """Return the problem whose only homes within reach of elderly care are occupied from 2028 on."""
    problem = tiny_problem()
    reached = {key for key in problem.demand if problem.providers_within_reach(key, ELDERLY)}
    demand = {
        key: replace(point, occupied_from=2028) if key in reached else point
        for key, point in problem.demand.items()
    }
    out_of_reach = replace(next(iter(problem.demand.values())), demand_id="far", occupied_from=None)
    return replace(
        problem,
        demand={**demand, "far": out_of_reach},
        reach=reach_from({**DISTANCES, "far": {}}, tuple(problem.sites)),
        basis=Basis.RESIDENTS,
        targets={},
        coverage_floor={(ELDERLY, 2027): 10.0},
    )


@pytest.mark.parametrize(
    "problem",
    [
        unreachable_until_2028(),
        replace(
            tiny_problem(),
            functions={
                **tiny_problem().functions,
                MEALS: replace(tiny_problem().functions[MEALS], capacity_persons_per_m2=0.0),
            },
            places_at_least={(MEALS, 2027): 5.0},
        ),
    ],
    ids=["a floor of coverage that nobody can meet", "places of a function without capacity"],
)
def test_what_nothing_can_meet_is_infeasible_and_no_fault(problem: Problem) -> None:
    """A must whose row has nothing but zeros is an answer: the rules clash, and a conflict can name it."""
    with pytest.raises(InfeasibleError):
        solve(problem, SolverSettings(time_limit_s=240.0, effort=0.05))


def test_pace_holds_in_each_town() -> None:
    """With one site a year and town, sites of two towns may open together, those of one may not."""
    sites = dict(tiny_problem().sites)
    together: Point = {("open", "s1", 2027): 1.0, ("open", "s2", 2027): 1.0}
    by_town = free(pace=Pace(None, 1))
    assert not is_feasible(Case(by_town, {}, {}), together)
    sites["s2"] = replace(sites["s2"], town_code="610124100")
    assert is_feasible(Case(replace(by_town, sites=sites), {}, {}), together)


@pytest.mark.parametrize("carry_over", [True, False])
def test_unspent_money_is_carried_over_only_where_allowed(carry_over: bool) -> None:
    """With 300 000 CNY a year s1 (400 000 and fit-out) can open in 2028 from both years' money."""
    money = Money({2027: 300_000.0, 2028: 300_000.0}, {}, carry_over, {})
    assert is_feasible(Case(free(money=money), {}, {}), {("open", "s1", 2028): 1.0}) is carry_over
