"""An oracle for tiny problems: every choice of functions and years tried, areas and money as small LPs.

Written from the rules of a plan, not from the mixed-integer program: a plan is a *choice* for each planned
site (which function from which year; its form follows), coverage is looked up by the set of providing
sites, and only what is continuous (areas, rooms, money) is a linear program with rows of its own, in m²
and thousand CNY.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, product

import numpy as np
from scipy.optimize import linprog

from siteplan.case import Form
from siteplan.problem import NewEstate, Problem, Role, Site
from siteplan.scenario import Basis, Level

CNY = 1000.0
"""Money in the linear programs is in thousand CNY."""
TIE = 1e-7
"""Values that differ by this share are equal."""
CONTINUOUS = frozenset({Level.AREA_STANDARD, Level.COST})
MAXIMISED = frozenset({Level.PERSONS_COVERED, Level.WORST_COMMUNITY})


@dataclass(frozen=True)
class Choice:
    """What one site does: function → first year, and as which form (meaningless where it never opens)."""

    site: Site
    starts: Mapping[str, int]
    is_complex: bool

    def opens(self) -> int | None:
        """Return the year of the first function."""
        return min(self.starts.values(), default=None)


Plan = tuple[Choice, ...]


def choices(problem: Problem, site: Site) -> Iterator[Choice]:
    """Yield everything a planned site may do on its own."""
    hosted = sorted(site.may_host)
    for years in product((None, *problem.years), repeat=len(hosted)):
        starts = {key: year for key, year in zip(hosted, years, strict=True) if year is not None}
        for is_complex in (True, False):
            choice = Choice(site, starts, is_complex)
            if _may(problem, choice):
                yield choice


def _may(problem: Problem, choice: Choice) -> bool:
    site, opens = choice.site, choice.opens()
    if site.role is Role.COMMITTED:
        required = all(choice.starts.get(key) == site.opens_in for key in site.required_functions)
        listed = site.listed_form is Form.COMPLEX
        return (
            opens == site.opens_in and required and choice.is_complex is listed and _reserved(problem, choice)
        )
    if site.opens_in is not None or problem.forbidden_by_hand:
        return _fixed_by_hand(problem, choice) and _may_otherwise(problem, choice)
    return _may_otherwise(problem, choice)


def _fixed_by_hand(problem: Problem, choice: Choice) -> bool:
    """A commitment opens in its year with its functions and form; nothing forbidden starts too early."""
    site = choice.site
    if any(
        start <= problem.forbidden_by_hand.get((site.site_id, key), start - 1)
        for key, start in choice.starts.items()
    ):
        return False
    if site.opens_in is None or site.opens_in > problem.years[-1]:
        return site.opens_in is None or not choice.starts
    return (
        choice.opens() == site.opens_in
        and all(choice.starts.get(key) == site.opens_in for key in site.required_functions)
        and (site.form_by_hand is None or choice.is_complex is (site.form_by_hand is Form.COMPLEX))
    )


def _may_otherwise(problem: Problem, choice: Choice) -> bool:
    site, opens = choice.site, choice.opens()
    if opens is None:
        return choice.is_complex
    if opens < (site.held_until or opens):
        return False
    return opens >= site.available_from and _form_fits(problem, choice) and _reserved(problem, choice)


def _form_fits(problem: Problem, choice: Choice) -> bool:
    standard = problem.form_standard
    if standard is None:
        return choice.is_complex
    if not choice.is_complex:
        return len(choice.starts) <= standard.scattered_maximum_functions
    at_opening = [key for key, year in choice.starts.items() if year == choice.opens()]
    return (
        choice.site.floor_area_m2 >= standard.minimum_floor_area_m2
        and len(at_opening) >= standard.minimum_functions
        and sum(problem.functions[key].is_standard for key in at_opening)
        >= standard.minimum_standard_functions
    )


def _reserved(problem: Problem, choice: Choice) -> bool:
    """Elderly or infant care comes no later than anything else in a complex that may host it."""
    first = {problem.elderly_function, problem.infant_function}
    if not (problem.places_reserved_first and choice.is_complex and first & choice.site.may_host):
        return True
    others = [year for key, year in choice.starts.items() if key not in first]
    reserved = min((year for key, year in choice.starts.items() if key in first), default=None)
    return not others or (reserved is not None and reserved <= min(others))


def plans(problem: Problem) -> Iterator[Plan]:
    """Yield the combinations of choices that keep the pace."""
    for plan in product(*(list(choices(problem, problem.sites[key])) for key in problem.planned_sites)):
        if (
            _keeps_pace(problem, plan)
            and _uses_stock(problem, plan)
            and _keeps_operator_share(problem, plan)
            and _keeps_function_floor(problem, plan)
        ):
            yield plan


def _keeps_operator_share(problem: Problem, plan: Plan) -> bool:
    """No operator gets more than its share of the sites opened for an operator, rounded up to whole sites."""
    if problem.operator_share_at_most is None:
        return True
    counts = Counter(choice.site.operator for choice in plan if choice.starts and choice.site.operator)
    most = max(1, math.ceil(problem.operator_share_at_most * sum(counts.values()) - 1e-9))
    return max(counts.values(), default=0) <= most


def _sites_by_operator(problem: Problem, plan: Plan, year: int) -> Counter[str]:
    decided = [
        site
        for site in problem.sites.values()
        if site.programme is not None and not _is_converted(plan, site, year)
    ]
    opened = [choice.site for choice in plan if (choice.opens() or year + 1) <= year]
    return Counter(site.operator for site in (*decided, *opened) if site.operator)


def _keeps_pace(problem: Problem, plan: Plan) -> bool:
    for year in problem.years:
        towns = [
            choice.site.town_code
            for choice in plan
            if choice.opens() == year and choice.site.role is Role.CANDIDATE
        ]
        limit, by_town = problem.pace.sites_per_year, problem.pace.sites_per_year_and_town
        if limit is not None and len(towns) > limit:
            return False
        if by_town is not None and any(towns.count(town) > by_town for town in towns):
            return False
    return True


def _uses_stock(problem: Problem, plan: Plan) -> bool:
    """Every plot is used once, and no more candidates are newly built than allowed."""
    opened = [choice.site for choice in plan if choice.starts and choice.site.role is Role.CANDIDATE]
    plots = [site.plot_id for site in opened if site.plot_id is not None]
    limit = problem.newly_built_at_most
    newly_built = sum(site.is_newly_built for site in opened)
    return len(plots) == len(set(plots)) and (limit is None or newly_built <= limit)


def _keeps_function_floor(problem: Problem, plan: Plan) -> bool:
    coverage = Coverage(problem)
    for year in {*problem.functions_per_community, *problem.coverage_per_town}:
        floor = problem.functions_per_community.get(year, 0)
        reached: dict[str, int] = {}
        counted: dict[str, int] = {}
        for key in problem.functions:
            sites = {site.site_id for site in problem.sites.values() if key in (site.programme or {})}
            sites |= {choice.site.site_id for choice in plan if choice.starts.get(key, year + 1) <= year}
            for code in coverage.of(key, year, frozenset(sites))[3]:
                reached[code] = reached.get(code, 0) + 1
            for code in {
                point.community_code
                for point in problem.demand.values()
                if point.target_group[key] > 0.0 and (point.occupied_from or year) <= year
            }:
                counted[code] = counted.get(code, 0) + 1
        for code, community in problem.communities.items():
            if community.in_scope and reached.get(code, 0) < min(floor, counted.get(code, 0)):
                return False
        for town in {entry.town_code for entry in problem.communities.values()}:
            inside = [
                code
                for code, entry in problem.communities.items()
                if entry.in_scope and entry.town_code == town
            ]
            wanted = problem.coverage_per_town.get(year, 0.0) / 100.0 * sum(counted.get(c, 0) for c in inside)
            if sum(reached.get(code, 0) for code in inside) < wanted - 1e-9:
                return False
    return True


@dataclass
class Coverage:
    """What a set of providing sites reaches, worked out once for each function, year and set."""

    problem: Problem
    known: dict[tuple[str, int, frozenset[str]], tuple[float, float, float, frozenset[str]]] = field(
        default_factory=dict
    )

    def of(
        self, function: str, year: int, sites: frozenset[str]
    ) -> tuple[float, float, float, frozenset[str]]:
        """Return points short of the target, persons covered, resident-metres and communities reached."""
        key = (function, year, sites)
        if key not in self.known:
            self.known[key] = self._work_out(function, year, sites)
        return self.known[key]

    def _work_out(
        self, function: str, year: int, sites: frozenset[str]
    ) -> tuple[float, float, float, frozenset[str]]:
        problem = self.problem
        radius = problem.functions[function].service_radius_m
        everybody = covered = metres = 0.0
        persons_of: dict[str, float] = {}
        within: dict[tuple[str, str], float] = {}
        for point in problem.demand.values():
            lives_there = point.occupied_from is None or point.occupied_from <= year
            persons = point.target_group[function] if lives_there else 0.0
            if persons == 0.0 or not problem.communities[point.community_code].in_scope:
                continue
            everybody += persons
            persons_of[point.community_code] = persons_of.get(point.community_code, 0.0) + persons
            walks = {
                site: metre
                for site, metre in problem.distances[point.demand_id].items()
                if site in sites and metre <= radius
            }
            if walks:
                covered += persons
                metres += persons * min(walks.values())
            for site in walks:
                pair = (point.community_code, site)
                within[pair] = within.get(pair, 0.0) + persons
        reached = {
            code
            for (code, _), persons in within.items()
            if persons >= problem.threshold * persons_of[code] * (1.0 - 1e-9)
        }
        if problem.basis is Basis.ESTABLISHED:
            reached = {
                code
                for code in persons_of
                for site in sites
                if code in {problem.sites[site].community_code, *problem.sites[site].serves_communities}
            }
        points = 0.0
        target = problem.targets.get((function, year))
        if target is not None and everybody > 0.0:
            if problem.basis is Basis.RESIDENTS:
                points = max(0.0, target - 100.0 * covered / everybody)
            else:
                points = 100.0 * max(0.0, target - len(reached)) / len(persons_of)
        return points, covered, metres, frozenset(reached)


def countable(problem: Problem, coverage: Coverage, plan: Plan) -> dict[Level, float]:
    """Return the values of the levels that do not depend on areas."""
    decided = [site for site in problem.sites.values() if site.programme is not None]
    short = weight = persons = metres = worst = 0.0
    for year in problem.years:
        in_community = {code: 0 for code, entry in problem.communities.items() if entry.in_scope}
        for key, function in problem.functions.items():
            sites = {
                site.site_id
                for site in decided
                if key in (site.programme or {}) and not _is_converted(plan, site, year)
            }
            sites |= {
                choice.site.site_id
                for choice in plan
                if choice.starts.get(key, problem.years[-1] + 1) <= year
            }
            points, covered, walked, reached = coverage.of(key, year, frozenset(sites))
            if (key, year) in problem.targets:
                weight += function.priority
                short += function.priority * points
            for share, local_points in _local_points(problem, key, year, frozenset(sites), reached):
                weight += share * function.priority
                short += share * function.priority * local_points
            persons += covered * (problem.years[-1] - year + 1)
            metres += walked
            for code in reached:
                in_community[code] += 1
        worst += min(in_community.values())
    opened = [choice for choice in plan if choice.site.role is Role.CANDIDATE and choice.starts]
    form = sum(not choice.is_complex for choice in opened) + sum(
        choice.site.is_newly_built for choice in opened
    )
    return {
        Level.SHORTFALL: short / weight if weight else 0.0,
        Level.PERSONS_COVERED: persons,
        Level.FORM: float(form),
        Level.CHANGES: float(
            sum(
                all(choice.site.site_id != site or choice.starts.get(key, year + 1) > year for choice in plan)
                for (site, key), year in problem.promises.items()
            )
        ),
        Level.SCATTERED_FUNCTIONS: float(
            sum(len(choice.starts) for choice in opened if not choice.is_complex)
        ),
        Level.OPERATOR_CONCENTRATION: float(
            max(_sites_by_operator(problem, plan, problem.years[-1]).values(), default=0)
        ),
        Level.WALKING_DISTANCE: metres,
        Level.WORST_COMMUNITY: worst,
    }


def _local_points(
    problem: Problem, function: str, year: int, sites: frozenset[str], reached: frozenset[str]
) -> Iterator[tuple[float, float]]:
    """Yield of each town's or community's own target its share of the county, and the points short of it."""
    by_residents = problem.basis is Basis.RESIDENTS
    radius = problem.functions[function].service_radius_m
    everywhere: dict[str, float] = {}
    got: dict[str, float] = {}
    for point in problem.demand.values():
        code = point.community_code
        persons = point.target_group[function] if (point.occupied_from or year) <= year else 0.0
        if persons == 0.0 or not problem.communities[code].in_scope:
            continue
        everywhere[code] = everywhere.get(code, 0.0) + persons if by_residents else 1.0
        walks = problem.distances[point.demand_id]
        is_near = any(walks.get(site, radius + 1.0) <= radius for site in sites)
        got[code] = got.get(code, 0.0) + persons * is_near if by_residents else float(code in reached)
    for (area, key, when), target in problem.local_targets.items():
        if (key, when) != (function, year):
            continue
        inside = [c for c in everywhere if area in (c, problem.communities[c].town_code)]
        counted, covered = sum(everywhere[c] for c in inside), sum(got[c] for c in inside)
        points = target - 100.0 * covered / counted if by_residents else 100.0 * (target - covered) / counted
        yield counted / sum(everywhere.values()), max(0.0, points)


def _is_converted(plan: Plan, site: Site, year: int) -> bool:
    """Return whether a candidate in the place of an existing service has opened."""
    return any(
        choice.site.converts == site.site_id and (choice.opens() or year + 1) <= year for choice in plan
    )


class Areas:
    """The linear program of areas, rooms and money of one plan."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.names: dict[tuple[object, ...], int] = {}
        self.bounds: list[tuple[float, float | None]] = []
        self.rows: list[tuple[dict[int, float], float]] = []
        self.one = self._column("one", least=1.0, most=1.0)
        for choice in plan:
            self._add_site(choice)
        self._add_money()
        self._add_places()
        self._add_standard()
        for year, floor in problem.area_floor_m2_per_100_households.items():
            self._add_area_floor(year, floor)
        for estate in problem.new_estates.values():
            self._add_estate(estate)

    def least(self, level: Level | None, held: Mapping[Level, float]) -> float | None:
        """Return the least value of a level (any: of nothing), others held; None where nothing fits."""
        rows = list(self.rows)
        for other, value in held.items():
            limit = value + TIE * max(1.0, abs(value))
            rows.append((self.expression(other), limit / (CNY if other is Level.COST else 1.0)))
        matrix = np.zeros((len(rows), len(self.names)))
        for number, (row, _) in enumerate(rows):
            for column, coefficient in row.items():
                matrix[number, column] = coefficient
        cost = np.zeros(len(self.names))
        for column, coefficient in (self.expression(level) if level else {}).items():
            cost[column] = coefficient
        answer = linprog(cost, matrix, [limit for _, limit in rows], bounds=self.bounds, method="highs")
        if answer.status == 2:
            return None
        assert answer.status == 0, answer.message
        return float(answer.fun) * (CNY if level is Level.COST else 1.0)

    def expression(self, level: Level) -> dict[int, float]:
        """Return the coefficients of a level: m² missing, or cost in thousand CNY."""
        if level is Level.AREA_STANDARD:
            return {column: 1.0 for name, column in self.names.items() if name[0] == "missing"}
        total: dict[int, float] = {}
        for year in self.problem.years:
            for expression in (self._capital(year), self._running(year)):
                for column, coefficient in expression.items():
                    total[column] = total.get(column, 0.0) + coefficient
        return total

    def _column(self, *name: object, least: float = 0.0, most: float | None = None) -> int:
        if name not in self.names:
            self.names[name] = len(self.names)
            self.bounds.append((least, most))
        return self.names[name]

    def _group(self, function: str) -> str:
        return self.problem.functions[function].room_group

    def _add_site(self, choice: Choice) -> None:
        site = choice.site.site_id
        for key, start in choice.starts.items():
            function = self.problem.functions[key]
            least = function.minimum_in_complex_m2 if choice.is_complex else function.minimum_alone_m2
            if choice.is_complex and choice.site.role is Role.CANDIDATE:
                places = self.problem.complex_places_at_least.get(key, 0.0)
                least = max(least, places / function.capacity_persons_per_m2)
            for year in range(start, self.problem.years[-1] + 1):
                area = self._column("area", site, key, year, least=least, most=function.maximum_m2)
                room = self._column("room", site, self._group(key), year)
                self.rows.append(({area: 1.0, room: -1.0}, 0.0))
                if year > start:
                    self.rows.append(({self.names["area", site, key, year - 1]: 1.0, area: -1.0}, 0.0))
        for year in self.problem.years:
            rooms = {
                name[2]: at
                for name, at in self.names.items()
                if name[0::3] == ("room", year) and name[1] == site
            }
            for group, room in rooms.items():
                areas = {
                    self.names["area", site, key, year]: -1.0
                    for key, start in choice.starts.items()
                    if start <= year and self._group(key) == group
                }
                self.rows.append(({room: 1.0, **areas}, 0.0))
                before = self.names.get(("room", site, group, year - 1))
                if before is not None:
                    self.rows.append(({before: 1.0, room: -1.0}, 0.0))
            self.rows.append((dict.fromkeys(rooms.values(), 1.0), choice.site.usable_area_m2))

    def _capital(self, year: int) -> dict[int, float]:
        """Return the capital of a year in thousand CNY; what is constant is in a column fixed at 1."""
        total: dict[int, float] = {}
        opening = sum(_opening_cny(choice.site, year) for choice in self.plan if choice.opens() == year) / CNY
        if opening:
            total[self.one] = opening
        for name, column in self.names.items():
            if name[0] != "room":
                continue
            site = self.problem.sites[str(name[1])]
            in_group = [f for f in self.problem.functions.values() if f.room_group == name[2]]
            dearest = max(function.fit_out_cost_cny_per_m2 for function in in_group)
            sign = {year: 1.0, year - 1: -1.0}.get(name[3], 0.0)  # type: ignore[call-overload]
            if site.fit_out_is_charged:
                total[column] = sign * dearest * site.floor_area_m2 / site.usable_area_m2 / CNY
        return total

    def _running(self, year: int) -> dict[int, float]:
        """Return operating cost less fees, and rent, of a year: of what is in place a year before."""
        total: dict[int, float] = {}
        rented = [choice.site for choice in self.plan if (choice.opens() or year) < year]
        rent = sum(site.rent_cny_per_year for site in rented) / CNY
        if rent:
            total[self.one] = rent
        for name, column in self.names.items():
            if name[0] == "area" and name[3] == year - 1:
                site, function = self.problem.sites[str(name[1])], self.problem.functions[str(name[2])]
                rate = function.operating_cost_cny_per_m2_year - function.fee_income_cny_per_m2_year
                total[column] = rate * site.floor_area_m2 / site.usable_area_m2 / CNY
        return total

    def _add_places(self) -> None:
        """All sites together have the places that the scenario asks for (care beds: other tests)."""
        for (key, year), least in self.problem.places_at_least.items():
            per_m2 = self.problem.functions[key].capacity_persons_per_m2
            there = sum(
                per_m2 * (site.programme or {}).get(key, 0.0)
                for site in self.problem.sites.values()
                if not _is_converted(self.plan, site, year)
            )
            row = {
                column: -per_m2
                for name, column in self.names.items()
                if name[0] == "area" and name[2:] == (key, year)
            }
            self.rows.append((row, there - least))

    def _add_money(self) -> None:
        money = self.problem.money
        before: int | None = None
        for year in self.problem.years:
            if money.capital_cny is not None:
                row = self._capital(year)
                if money.carry_over:
                    if before is not None:
                        row[before] = -1.0
                    before = self._column("carried", year)
                    row[before] = 1.0
                self.rows.append((row, money.capital_cny[year] / CNY))
            if year in money.operating_cny:
                self.rows.append((self._running(year), money.operating_cny[year] / CNY))

    def _add_standard(self) -> None:
        problem, standard = self.problem, self.problem.area_standard
        for code, community in problem.communities.items():
            if not community.in_scope:
                continue
            for year in problem.years:
                homes = self._households(code, year)
                for tier in standard.tiers_m2:
                    self._add_tier(code, year, str(tier), tier * homes / 100.0, "room", None)
                elderly = problem.elderly_function
                self._add_tier(code, year, "elderly", standard.elderly_m2 * homes / 100.0, "area", elderly)

    def _add_tier(self, code: str, year: int, tier: str, needed: float, kind: str, only: str | None) -> None:
        row = {self._column("missing", code, tier, year): -1.0}
        for name, column in self.names.items():
            site = self.problem.sites[str(name[1])] if name[0] == kind else None
            if site and site.community_code == code and name[3] == year and only in (None, name[2]):
                row[column] = -site.floor_area_m2 / site.usable_area_m2
        for site in self.problem.sites.values():
            is_there = site.programme is not None and not _is_converted(self.plan, site, year)
            if site.programme is not None and is_there and site.community_code == code:
                needed -= self._listed_m2(site.programme, only) * site.floor_area_m2 / site.usable_area_m2
        self.rows.append((row, -needed))

    def _add_area_floor(self, year: int, floor: float) -> None:
        for code, community in self.problem.communities.items():
            if community.in_scope:
                tier, homes = f"floor {floor}", self._households(code, year)
                self._add_tier(code, year, tier, floor * homes / 100.0, "room", None)
                self.bounds[self.names["missing", code, tier, year]] = (0.0, 0.0)

    def _add_estate(self, estate: NewEstate) -> None:
        """Rooms for the estate's households at its spaces, or all that those can hold."""
        for year in self.problem.years:
            points = [self.problem.demand[key] for key in estate.demand]
            homes = sum(point.households for point in points if (point.occupied_from or year) <= year)
            held = sum(
                min(site.usable_area_m2, sum(self._largest_rooms(site).values()))
                * (site.floor_area_m2 / site.usable_area_m2)
                for site in (self.problem.sites[key] for key in estate.sites)
                if site.available_from <= year
            )
            row = {
                column: -self.problem.sites[str(name[1])].floor_area_m2
                / self.problem.sites[str(name[1])].usable_area_m2
                for name, column in self.names.items()
                if name[0] == "room" and name[1] in estate.sites and name[3] == year
            }
            self.rows.append((row, -min(estate.m2_per_100_households * homes / 100.0, held)))

    def _largest_rooms(self, site: Site) -> dict[str, float]:
        rooms: dict[str, float] = {}
        for key in site.may_host:
            largest = self.problem.functions[key].maximum_m2
            rooms[self._group(key)] = max(largest, rooms.get(self._group(key), 0.0))
        return rooms

    def _households(self, code: str, year: int) -> float:
        return sum(
            point.households
            for point in self.problem.demand.values()
            if point.community_code == code and (point.occupied_from or year) <= year
        )

    def _listed_m2(self, programme: Mapping[str, float], only: str | None) -> float:
        """Return the usable m² of a decided site's rooms, or of one function."""
        if only is not None:
            return programme.get(only, 0.0)
        rooms: dict[str, float] = {}
        for key, area in programme.items():
            rooms[self._group(key)] = max(area, rooms.get(self._group(key), 0.0))
        return sum(rooms.values())


def best_levels(problem: Problem) -> dict[Level, float] | None:
    """Return the lexicographically best level values; None where no plan meets the rules."""
    coverage = Coverage(problem)
    pool = [
        (plan, countable(problem, coverage, plan))
        for plan in plans(problem)
        if _covers_what_is_required(problem, coverage, plan)
        and _keeps_coverage_floor(problem, coverage, plan)
    ]
    leading = [level for level in problem.objective if level not in CONTINUOUS]
    if CONTINUOUS.intersection(problem.objective):
        first = min(problem.objective.index(level) for level in CONTINUOUS.intersection(problem.objective))
        leading = list(problem.objective[:first])
    best = _best_feasible(problem, pool, _key_of(leading))
    if not best:
        return None
    found = {level: best[0][1][level] for level in leading}
    held: dict[Level, float] = {}
    for level in problem.objective[len(leading) :]:
        if level in CONTINUOUS:
            values = [areas.least(level, held) for _, _, areas in best]
            found[level] = held[level] = min(value for value in values if value is not None)
        else:
            values = [countables[level] for _, countables, _ in best]
            sign = -1.0 if level in MAXIMISED else 1.0
            found[level] = sign * min(sign * value for value in values if value is not None)
        tie = TIE * max(1.0, abs(found[level]))
        best = [
            entry
            for entry, value in zip(best, values, strict=True)
            if value is not None and abs(value - found[level]) <= tie
        ]
    return found


def _keeps_coverage_floor(problem: Problem, coverage: Coverage, plan: Plan) -> bool:
    for (function, year), floor in problem.coverage_floor.items():
        _, persons, _, reached = coverage.of(function, year, _providing(problem, plan, function, year))
        if problem.basis is Basis.RESIDENTS:
            everybody = sum(
                point.target_group[function]
                for point in problem.demand.values()
                if (point.occupied_from or year) <= year
                and problem.communities[point.community_code].in_scope
            )
            if everybody > 0.0 and 100.0 * persons / everybody < floor - 1e-9:
                return False
        elif len(reached) < floor:
            return False
    return True


def _providing(problem: Problem, plan: Plan, function: str, year: int) -> frozenset[str]:
    """Return the sites that provide a function in a year."""
    sites = {
        key
        for key, site in problem.sites.items()
        if function in (site.programme or ()) and not _is_converted(plan, site, year)
    }
    sites |= {choice.site.site_id for choice in plan if choice.starts.get(function, year + 1) <= year}
    return frozenset(sites)


def _covers_what_is_required(problem: Problem, coverage: Coverage, plan: Plan) -> bool:
    for (community, function), by in problem.required_coverage.items():
        for year in problem.years:
            reached = coverage.of(function, year, _providing(problem, plan, function, year))[3]
            if year >= by and community not in reached:
                return False
    return True


def least_weighed(problem: Problem) -> float | None:
    """Return the least weighed sum of all plans, of which one level at most depends on areas."""
    coverage = Coverage(problem)
    best: float | None = None
    for plan in plans(problem):
        values = countable(problem, coverage, plan)
        areas = Areas(problem, plan)
        total = 0.0
        for level, weight in problem.weights.items():
            value = areas.least(level, {}) if level in CONTINUOUS else values[level]
            if value is None or areas.least(None, {}) is None:
                break
            total += weight * value * (-1.0 if level in MAXIMISED else 1.0)
        else:
            best = total if best is None else min(best, total)
    return best


Valued = tuple[Plan, dict[Level, float]]


def _key_of(levels: list[Level]) -> Callable[[Valued], tuple[float, ...]]:
    signs = [(level, -1.0 if level in MAXIMISED else 1.0) for level in levels]
    return lambda valued: tuple(round(sign * valued[1][level], 7) for level, sign in signs)


def _best_feasible(
    problem: Problem, pool: list[Valued], key: Callable[[Valued], tuple[float, ...]]
) -> list[tuple[Plan, dict[Level, float], Areas]]:
    """Return the plans of the best value of the leading levels of which one has areas that fit."""
    for _, group in groupby(sorted(pool, key=key), key=key):
        feasible = []
        for plan, values in group:
            if _costs_too_much(problem, plan):
                continue
            areas = Areas(problem, plan)
            if areas.least(None, {}) is not None:
                feasible.append((plan, values, areas))
        if feasible:
            return feasible
    return []


def _opening_cny(site: Site, year: int) -> float:
    """Return the opening cost less what a joint programme pays in its own year."""
    joint = site.joint
    return site.opening_cost_cny - (joint.pays_cny if joint is not None and joint.year == year else 0.0)


def _costs_too_much(problem: Problem, plan: Plan) -> bool:
    """Return whether opening the sites alone costs more than all money until some year."""
    if problem.money.capital_cny is None:
        return False
    money = 0.0
    for year in problem.years:
        money += problem.money.capital_cny[year]
        opened = [
            (choice.site, opens) for choice in plan if (opens := choice.opens()) is not None and opens <= year
        ]
        if sum(_opening_cny(*opening) for opening in opened) > money + 1e-6:
            return True
    return False
