"""Which rules a complete plan may break, told without building the program.

Every constraint family is here once: no decisions break it (`DEFINITIONS`: it only says what follows from
them), or `CHECKS` tells whether they keep it. A rule that only the program can check is kept where it is
switched off, and in doubt otherwise.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping

from siteplan.case import Form
from siteplan.outcome.money import money_by_year, money_of_sites
from siteplan.outcome.provision import providing_sites
from siteplan.plan import Decisions
from siteplan.problem import Problem, Role, Site
from siteplan.solve.formulation.form import can_be_complex, free_form
from siteplan.solve.formulation.money import operating_margin

AREA_TOLERANCE_M2 = 1e-6
"""Areas that the solver returns are rounded to as much."""
MONEY_TOLERANCE_CNY = 0.01
"""Less than a fen is rounding of sums."""

DEFINITIONS = frozenset(
    {
        "assigned_only_where_provided",
        "care_beds_fit_in_elderly_room",
        "community_area_standard",
        "community_covered_by_one_site",
        "complex_has_care",
        "conversion_starts_and_stops",
        "coverage_target",
        "covered_are_assigned",
        "covered_only_within_reach",
        "covered_where_provided",
        "eligible_room_is_used",
        "full_without_a_free_place",
        "local_coverage_target",
        "nearest_with_a_place",
        "no_community_left_behind",
        "open_only_to_provide",
        "operator_with_most_sites",
        "provided_only_when_open",
        "provided_outside_complex",
        "served_at_most_demand",
        "served_only_where_provided",
        "served_within_capacity",
        "stays_open",
        "stays_provided",
    }
)
"""Families that any decisions can be completed to keep: decisions say when each function starts for good, and
who is seated at the shortest walks first passes no free place."""

Check = Callable[[Problem, Decisions], bool]


def doubtful_rules(problem: Problem, decisions: Decisions) -> tuple[str, ...]:
    """Return the constraint families that the decisions break, or that only the program can check.

    The decisions are complete: rooms and areas of all they provide, and the form of each opened site. Where
    nothing is returned they keep every hard rule.
    """
    if not decisions.forms.keys() >= decisions.opening_years().keys():
        return ("site_form",)
    return tuple(name for name, keeps in CHECKS.items() if not keeps(problem, decisions))


def only_the_program_tells(problem: Problem) -> tuple[str, ...]:
    """Return the constraint families that `doubtful_rules` doubts of any decisions, whatever they are."""
    nothing = Decisions({}, {}, {}, {})
    return tuple(name for name in UNCHECKED if not CHECKS[name](problem, nothing))


def _opened(problem: Problem, decisions: Decisions) -> Iterator[tuple[Site, int]]:
    """Yield the opened sites with their years."""
    for key, year in decisions.opening_years().items():
        yield problem.sites[key], year


def _functions(decisions: Decisions) -> dict[str, dict[str, int]]:
    """Return site → function → first year."""
    starts: dict[str, dict[str, int]] = defaultdict(dict)
    for (site, function), year in decisions.start_year.items():
        starts[site][function] = year
    return starts


def _free_sites(problem: Problem, decisions: Decisions, form: Form) -> Iterator[tuple[Site, list[set[str]]]]:
    """Yield the opened sites of a form that the rules of form hold for, with what each year provides."""
    for key, starts in _functions(decisions).items():
        if free_form(problem, key) is None or decisions.forms[key] is not form:
            continue
        by_year = [{key for key, first in starts.items() if first <= year} for year in problem.years]
        yield problem.sites[key], [provided for provided in by_year if provided]


def _available_from(problem: Problem, decisions: Decisions) -> bool:
    return all(year >= site.available_from for site, year in _opened(problem, decisions))


def _never_shrinks(sizes: Mapping[tuple[str, str, int], float]) -> bool:
    """Return whether no size is above that of the same site and function, or group, a year later."""
    last = max((year for _, _, year in sizes), default=0)
    return all(
        year == last or sizes.get((site, item, year + 1), 0.0) >= size - AREA_TOLERANCE_M2
        for (site, item, year), size in sizes.items()
    )


def _area_never_shrinks(problem: Problem, decisions: Decisions) -> bool:
    return _never_shrinks(decisions.area_m2)


def _room_never_shrinks(problem: Problem, decisions: Decisions) -> bool:
    return _never_shrinks(decisions.room_m2)


def _opens_in_its_year(problem: Problem, decisions: Decisions, *, by_hand: bool) -> bool:
    opening = decisions.opening_years()
    return all(
        opening.get(key) == (site.opens_in if site.opens_in in problem.years else None)
        for key, site in problem.sites.items()
        if not site.is_decided and site.opens_in is not None and site.is_committed_by_hand is by_hand
    )


def _has_required_functions(problem: Problem, decisions: Decisions, *, by_hand: bool) -> bool:
    return all(
        decisions.start_year.get((site.site_id, function)) == year
        for site, year in _opened(problem, decisions)
        if site.is_committed_by_hand is by_hand
        for function in site.required_functions
    )


def _committed_sites(problem: Problem, decisions: Decisions) -> bool:
    return _opens_in_its_year(problem, decisions, by_hand=False)


def _required_functions(problem: Problem, decisions: Decisions) -> bool:
    return _has_required_functions(problem, decisions, by_hand=False)


def _committed_by_hand(problem: Problem, decisions: Decisions) -> bool:
    return (
        _opens_in_its_year(problem, decisions, by_hand=True)
        and _has_required_functions(problem, decisions, by_hand=True)
        and all(
            site.form_by_hand in (None, decisions.forms[site.site_id])
            for site, _ in _opened(problem, decisions)
        )
    )


def _rollout_pace(problem: Problem, decisions: Decisions) -> bool:
    opened = [
        (year, site.town_code) for site, year in _opened(problem, decisions) if site.role is Role.CANDIDATE
    ]
    in_all, by_town = problem.pace.sites_per_year, problem.pace.sites_per_year_and_town
    most_in_all = max(Counter(year for year, _ in opened).values(), default=0)
    most_by_town = max(Counter(opened).values(), default=0)
    return most_in_all <= (most_in_all if in_all is None else in_all) and most_by_town <= (
        most_by_town if by_town is None else by_town
    )


def _site_form(problem: Problem, decisions: Decisions) -> bool:
    for site, _ in _opened(problem, decisions):
        form, may_be = decisions.forms[site.site_id], can_be_complex(problem, site)
        if form is Form.COMPLEX and not may_be:
            return False
        if form is Form.SCATTERED and may_be and free_form(problem, site.site_id) is None:
            return False
    return True


def _scattered_has_few_functions(problem: Problem, decisions: Decisions) -> bool:
    standard = problem.form_standard
    return standard is None or all(
        len(provided) <= standard.scattered_maximum_functions
        for _, by_year in _free_sites(problem, decisions, Form.SCATTERED)
        for provided in by_year
    )


def _complex_has_enough(problem: Problem, decisions: Decisions) -> bool:
    standard = problem.form_standard
    if standard is None:
        return True
    are_standard = {key for key, function in problem.functions.items() if function.is_standard}
    return all(
        len(provided) >= standard.minimum_functions
        and len(provided & are_standard) >= standard.minimum_standard_functions
        for _, by_year in _free_sites(problem, decisions, Form.COMPLEX)
        for provided in by_year
    )


def _places_reserved_first(problem: Problem, decisions: Decisions) -> bool:
    first = {problem.elderly_function, problem.infant_function}
    for key, starts in _functions(decisions).items():
        site = problem.sites[key]
        applies = problem.places_reserved_first and first & site.may_host and can_be_complex(problem, site)
        reserved = min((starts[function] for function in first & set(starts)), default=problem.years[-1] + 1)
        if applies and decisions.forms[key] is Form.COMPLEX and min(starts.values()) < reserved:
            return False
    return True


def _one_use_of_a_plot(problem: Problem, decisions: Decisions) -> bool:
    opened = set(decisions.opening_years())
    return all(len(opened.intersection(sites)) <= 1 for sites in problem.plots.values())


def _newly_built_sites(problem: Problem, decisions: Decisions) -> bool:
    built = sum(site.is_newly_built for site, _ in _opened(problem, decisions))
    return problem.newly_built_at_most is None or built <= problem.newly_built_at_most


def _area_at_least_minimum(problem: Problem, decisions: Decisions) -> bool:
    return all(
        decisions.area_m2.get((site, function, year), 0.0) + AREA_TOLERANCE_M2
        >= problem.functions[function].minimum_in_complex_m2
        for (site, function), first in decisions.start_year.items()
        for year in problem.years
        if year >= first
    )


def _area_at_least_minimum_alone(problem: Problem, decisions: Decisions) -> bool:
    return all(
        area + AREA_TOLERANCE_M2 >= problem.functions[function].minimum_alone_m2
        for (site, function, _), area in decisions.area_m2.items()
        if decisions.forms[site] is Form.SCATTERED
    )


def _area_at_most_maximum(problem: Problem, decisions: Decisions) -> bool:
    return all(
        year >= decisions.start_year.get((site, function), problem.years[-1] + 1)
        and area <= problem.functions[function].maximum_m2 + AREA_TOLERANCE_M2
        for (site, function, year), area in decisions.area_m2.items()
    )


def _function_fits_its_room(problem: Problem, decisions: Decisions) -> bool:
    return all(
        area
        <= decisions.room_m2.get((site, problem.functions[function].room_group, year), 0.0)
        + AREA_TOLERANCE_M2
        for (site, function, year), area in decisions.area_m2.items()
    )


def _room_is_used(problem: Problem, decisions: Decisions) -> bool:
    used: dict[tuple[str, str, int], float] = defaultdict(float)
    for (site, function, year), area in decisions.area_m2.items():
        used[site, problem.functions[function].room_group, year] += area
    return all(room <= used[key] + AREA_TOLERANCE_M2 for key, room in decisions.room_m2.items())


def _rooms_fit_in_site(problem: Problem, decisions: Decisions) -> bool:
    opening = decisions.opening_years()
    rooms: dict[tuple[str, int], float] = defaultdict(float)
    for (site, _, year), room in decisions.room_m2.items():
        rooms[site, year] += room
    return all(
        year >= opening.get(site, problem.years[-1] + 1)
        and room <= problem.sites[site].usable_area_m2 + AREA_TOLERANCE_M2
        for (site, year), room in rooms.items()
    )


def _yearly_budget(problem: Problem, decisions: Decisions) -> bool:
    if problem.money.capital_cny is None or problem.money.sources:
        return True
    carried = 0.0
    for row in money_by_year(problem, money_of_sites(problem, decisions), {}):
        carried += problem.money.capital_cny[row.year] - row.capital_cny
        if carried < -MONEY_TOLERANCE_CNY:
            return False
        carried = carried if problem.money.carry_over else 0.0
    return True


def _operating_limit(problem: Problem, decisions: Decisions) -> bool:
    rows = money_by_year(problem, money_of_sites(problem, decisions), {})
    return all(
        row.operating_cny - row.fees_cny <= problem.money.operating_cny[row.year] + MONEY_TOLERANCE_CNY
        for row in rows[1:]
        if row.year in problem.money.operating_cny
    )


def _operator_is_viable(problem: Problem, decisions: Decisions) -> bool:
    margin: dict[tuple[str, int], float] = defaultdict(float)
    for (site, function, year), area in decisions.area_m2.items():
        per_m2 = operating_margin(problem, function) * problem.sites[site].floor_per_usable
        margin[site, year] += per_m2 * area
    return not problem.operator_viability or all(
        cny >= problem.sites[site].rent_cny_per_year - MONEY_TOLERANCE_CNY
        for (site, _), cny in margin.items()
    )


def _subsidy_limit(problem: Problem, decisions: Decisions) -> bool:
    paid: dict[int, float] = defaultdict(float)
    for (site, function, year), area in decisions.area_m2.items():
        per_m2 = problem.functions[function].subsidy_cny_per_m2_year * problem.sites[site].floor_per_usable
        paid[year + 1] += per_m2 * area
    return all(paid[year] <= limit + MONEY_TOLERANCE_CNY for year, limit in problem.money.subsidy_cny.items())


def _use_is_held(problem: Problem, decisions: Decisions) -> bool:
    """Return whether nothing is converted: when a use may end, only the program can tell."""
    return all(site.converts is None for site, _ in _opened(problem, decisions))


def _forbidden_by_hand(problem: Problem, decisions: Decisions) -> bool:
    return not any(
        problem.is_forbidden(site, function, year) for (site, function), year in decisions.start_year.items()
    )


def _required_coverage(problem: Problem, decisions: Decisions) -> bool:
    providing = providing_sites(problem, decisions)
    return all(
        not providing[function, year].isdisjoint(problem.covering_sites(community, function, year))
        for (community, function), first in problem.required_coverage.items()
        for year in problem.years
        if year >= first and community in problem.counted_communities(function, year)
    )


def _without_sources(problem: Problem, decisions: Decisions) -> bool:
    return not problem.money.sources


def _switched_off(setting: str) -> Check:
    """Return the check of a rule that only the program tells: kept where its setting is empty."""

    def is_off(problem: Problem, decisions: Decisions) -> bool:
        return not getattr(problem, setting)

    return is_off


CHECKS: Mapping[str, Check] = {
    "available_from": _available_from,
    "area_never_shrinks": _area_never_shrinks,
    "room_never_shrinks": _room_never_shrinks,
    "committed_sites": _committed_sites,
    "required_functions": _required_functions,
    "rollout_pace": _rollout_pace,
    "site_form": _site_form,
    "scattered_has_few_functions": _scattered_has_few_functions,
    "complex_has_enough": _complex_has_enough,
    "places_reserved_first": _places_reserved_first,
    "one_use_of_a_plot": _one_use_of_a_plot,
    "newly_built_sites": _newly_built_sites,
    "area_at_least_minimum": _area_at_least_minimum,
    "area_at_least_minimum_alone": _area_at_least_minimum_alone,
    "area_at_most_maximum": _area_at_most_maximum,
    "function_fits_its_room": _function_fits_its_room,
    "room_is_used": _room_is_used,
    "rooms_fit_in_site": _rooms_fit_in_site,
    "yearly_budget": _yearly_budget,
    "operating_limit": _operating_limit,
    "operator_is_viable": _operator_is_viable,
    "subsidy_limit": _subsidy_limit,
    "project_is_paid": _without_sources,
    "source_amount": _without_sources,
    "source_share_of_project": _without_sources,
    "source_cap_per_project": _without_sources,
    "source_pays_eligible_functions": _without_sources,
    "awards_are_bridged": _without_sources,
    "use_is_held": _use_is_held,
    "functions_per_community": _switched_off("functions_per_community"),
    "coverage_per_town": _switched_off("coverage_per_town"),
    "coverage_floor": _switched_off("coverage_floor"),
    "area_standard_floor": _switched_off("area_floor_m2_per_100_households"),
    "elderly_area_standard_floor": _switched_off("elderly_area_floor_m2_per_100_households"),
    "new_estate_area_standard": _switched_off("new_estates"),
    "places_at_least": _switched_off("places_at_least"),
    "complex_places_at_least": _switched_off("complex_places_at_least"),
    "operator_share": _switched_off("operator_share_at_most"),
    "committed_by_hand": _committed_by_hand,
    "forbidden_by_hand": _forbidden_by_hand,
    "required_coverage": _required_coverage,
}
"""Whether complete decisions keep each of the other families."""

UNCHECKED = (
    *("project_is_paid", "functions_per_community", "coverage_per_town", "coverage_floor"),
    *("area_standard_floor", "elderly_area_standard_floor", "new_estate_area_standard"),
    *("places_at_least", "complex_places_at_least", "operator_share"),
)
"""Those that are only kept where they are switched off. The money of sources counts once."""
