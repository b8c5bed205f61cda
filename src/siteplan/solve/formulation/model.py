"""Put the model together: variables, then every constraint family under its own name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyomo.environ import Constraint

from siteplan.problem import Problem
from siteplan.scenario import Level
from siteplan.solve.formulation import (
    by_hand,
    capacity,
    conversion,
    coverage,
    form,
    funding,
    money,
    operators,
    places,
    space,
    standards,
    stock,
    time,
)
from siteplan.solve.formulation.areas import add_areas
from siteplan.solve.formulation.variables import PlanModel, add_variables, new_model

Family = Callable[[Problem, PlanModel], Constraint]

_ALWAYS: tuple[Family, ...] = (
    time.provided_only_when_open,
    time.open_only_to_provide,
    time.available_from,
    time.stays_open,
    time.stays_provided,
    time.area_never_shrinks,
    time.room_never_shrinks,
    time.committed_sites,
    time.required_functions,
    time.rollout_pace,
    form.site_form,
    form.scattered_has_few_functions,
    form.complex_has_enough,
    form.places_reserved_first,
    stock.one_use_of_a_plot,
    stock.newly_built_sites,
    space.area_at_least_minimum,
    space.area_at_least_minimum_alone,
    space.area_at_most_maximum,
    space.function_fits_its_room,
    space.room_is_used,
    space.rooms_fit_in_site,
    money.yearly_budget,
    money.operating_limit,
    money.operator_is_viable,
    money.subsidy_limit,
    funding.project_is_paid,
    funding.source_amount,
    funding.source_share_of_project,
    funding.source_cap_per_project,
    funding.eligible_room_is_used,
    funding.source_pays_eligible_functions,
    funding.awards_are_bridged,
    coverage.community_covered_by_one_site,
    coverage.covered_only_within_reach,
    coverage.coverage_target,
    coverage.local_coverage_target,
    conversion.conversion_starts_and_stops,
    conversion.use_is_held,
    coverage.functions_per_community,
    coverage.coverage_per_town,
    coverage.coverage_floor,
    standards.area_standard_floor,
    standards.elderly_area_standard_floor,
    standards.new_estate_area_standard,
    places.care_beds_fit_in_elderly_room,
    places.places_at_least,
    places.complex_places_at_least,
    operators.operator_share,
    capacity.served_only_where_provided,
    capacity.served_at_most_demand,
    capacity.served_within_capacity,
    capacity.full_without_a_free_place,
    capacity.nearest_with_a_place,
    by_hand.committed_by_hand,
    by_hand.forbidden_by_hand,
    by_hand.required_coverage,
)

_FOR_LEVEL: Mapping[Level, tuple[Family, ...]] = {
    Level.AREA_STANDARD: (standards.community_area_standard,),
    Level.WALKING_DISTANCE: (
        coverage.assigned_only_where_provided,
        coverage.covered_where_provided,
        coverage.covered_are_assigned,
    ),
    Level.PREFERRED_FORM: (form.complex_has_care,),
    Level.SCATTERED_FUNCTIONS: (form.provided_outside_complex,),
    Level.OPERATOR_CONCENTRATION: (operators.operator_with_most_sites,),
    Level.WORST_COMMUNITY: (coverage.no_community_left_behind,),
}

CONSTRAINTS: Mapping[str, Family] = {
    family.__name__: family
    for family in (*_ALWAYS, *(family for families in _FOR_LEVEL.values() for family in families))
}
"""Every constraint family by the name it has in ``model/formulation.md``."""


def with_components(problem: Problem, levels: tuple[Level, ...]) -> tuple[Level, ...]:
    """Return the levels, and those that the weighed sum is made of if it is among them."""
    return (*levels, *(problem.weights if Level.WEIGHED in levels else ()))


def build_model(problem: Problem, levels: tuple[Level, ...], *, shared: bool = False) -> PlanModel:
    """Build the Pyomo model with the variables and constraints that the given levels need.

    Each family is attached under its own name, so that rows read ``rooms_fit_in_site[S012,2028]``.
    ``shared``: variables that are equal in some best plan have one column, and one row.
    """
    model = new_model()
    fill_model(problem, model, levels, shared=shared)
    return model


def fill_model(
    problem: Problem, model: PlanModel, levels: tuple[Level, ...], *, shared: bool = False
) -> None:
    """Add the variables and constraints to an empty model, or to a block of one; ``shared`` as above."""
    levels = with_components(problem, levels)
    declare_variables(problem, model, levels, shared=shared)
    families = [*_ALWAYS, *(family for level in levels for family in _FOR_LEVEL.get(level, ()))]
    for family in families:
        setattr(model, family.__name__, family(problem, model))


def declare_variables(
    problem: Problem, model: PlanModel, levels: tuple[Level, ...], *, shared: bool = False
) -> None:
    """Add the sets and variables that the given levels need, areas included; ``shared`` as above."""
    add_variables(problem, model, levels, shared=shared)
    add_areas(problem, model, levels, shared=shared)
