"""Where to look for space next: zones ranked by the coverage that one more space there would add to a plan.

A space that isn't there yet may have its door at any point of the public roads. For each of them is counted,
under the plan as it stands, which communities one space there would newly cover by itself and which persons
it would newly have within the radius. The best point is taken, then the next one counts what is left: the
choice of each is exact, the order is greedy. Around each best point the zone is drawn in which a space would
do the same job, or nearly (`SAME_JOB`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, combinations

import numpy as np
import shapely
from scipy import sparse

from siteplan.explain.needed_space import NeededSpace, needed_space
from siteplan.explain.new_space import NewSpace, with_new_space
from siteplan.explain.prices import gain_in_words, gains
from siteplan.explain.road_coverage import STRIP_M, RoadCoverage, Terrain
from siteplan.explain.suitability import could_provide
from siteplan.explain.what_if import Question
from siteplan.network import BoolArray, FloatArray
from siteplan.problem import THRESHOLD_SLACK, Problem
from siteplan.publish import LevelGain, WhiteSpot, WhiteSpotFunction, WhiteSpots, Words
from siteplan.scenario import Basis
from siteplan.text import Text

SAME_JOB = 0.9
"""A space anywhere in the zone adds at least this share of the marked place's priority-weighted coverage."""
SMALLEST_HOLE_M2 = 5_000.0
"""Smaller blocks between the roads of a zone belong to it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: functions, the year, how many zones, and which coverage counts.

    ``minimum_area_m2``: floor area of the spaces looked for, which limits the functions that fit in; None: as
    large as they need be. ``only_without_candidates``: only what no listed space could cover counts.
    """

    functions: tuple[str, ...]
    year: int
    count: int = 10
    minimum_area_m2: float | None = None
    only_without_candidates: bool = False


def find_white_spots(
    question: Question, terrain: Terrain, wanted: Wanted, solved: int
) -> Iterator[WhiteSpots]:
    """Yield the zones; then, each time one of the first ``solved`` is solved for, the zones with its gains.

    ``question.seconds`` is the time of one solve; None: nothing is solved.
    """
    search = _Search(question, terrain, wanted)
    found = list(search.spots())
    answer = WhiteSpots(
        year=wanted.year,
        basis=question.problem.basis,
        functions=wanted.functions,
        minimum_area_m2=wanted.minimum_area_m2,
        only_without_candidates=wanted.only_without_candidates,
        left=search.left(),
        spots=tuple(spot for spot, _ in found),
    )
    yield answer
    if question.seconds is None:
        return
    for number, (spot, point) in enumerate(found[:solved]):
        spots = list(answer.spots)
        spots[number] = _with_gains(question, spot, search.roads.walks_to(point))
        answer = answer.model_copy(update={"spots": tuple(spots)})
        yield answer


def _with_gains(question: Question, spot: WhiteSpot, walks: Mapping[str, float]) -> WhiteSpot:
    """Return the zone with what the plan gains by a space in it, under the same money and pace."""
    space = NewSpace(
        spot.community_code, spot.demand_id, spot.floor_area_m2, spot.usable_area_m2, spot.opening_cost_cny
    )
    found = gains(question, with_new_space(question.problem, space, walks))
    if isinstance(found, Text):
        return spot.model_copy(update={"unsolved": Words(zh=found.zh, en=found.en)})
    told = []
    for each in found:
        words = gain_in_words(each, None)
        most = None if math.isinf(each.most) else each.most
        told.append(
            LevelGain(
                level=each.level.name, least=each.least, most=most, words=Words(zh=words.zh, en=words.en)
            )
        )
    return spot.model_copy(update={"gains": tuple(told)})


@dataclass(slots=True)
class _Open:
    """What of one function is still to be covered.

    ``covers``: (points, communities) whether a space at a point covers the community by itself; ``uncovered``
    and ``hopeless``: (communities,) whether it isn't covered yet, and no listed space could; ``within``:
    (points, demand points); ``persons``: (demand points,) of the target group not in reach yet.
    """

    covers: sparse.csr_array
    uncovered: BoolArray
    hopeless: BoolArray
    within: sparse.csr_array
    persons: FloatArray

    def communities(self) -> FloatArray:
        """Return how many communities each point newly covers; shape (points,)."""
        return np.asarray(self.covers @ self.uncovered.astype(np.float64))

    def newly_covered(self, point: int) -> BoolArray:
        """Return which communities a point newly covers."""
        row = self.covers[[point]].toarray()[0] > 0.0
        return np.asarray(row & self.uncovered)

    def take(self, point: int) -> None:
        """Count what a point covers as covered."""
        self.uncovered = self.uncovered & ~self.newly_covered(point)
        self.persons = np.where(self.within[[point]].toarray()[0] > 0.0, 0.0, self.persons)


@dataclass(eq=False)
class _Search:
    """The points, and what is still to be covered."""

    question: Question
    terrain: Terrain
    wanted: Wanted
    open_: dict[str, _Open] = field(init=False)

    def __post_init__(self) -> None:
        self.open_ = {key: self._open(key) for key in self.wanted.functions}

    @property
    def problem(self) -> Problem:
        return self.question.problem

    @cached_property
    def roads(self) -> RoadCoverage:
        return RoadCoverage(self.problem, self.terrain)

    @cached_property
    def choices(self) -> BoolArray:
        """Sets of functions that a space may get, (sets, functions): all, or those that fit into its area."""
        keys = self.wanted.functions
        area_m2 = self.wanted.minimum_area_m2
        if area_m2 is None:
            return np.ones((1, len(keys)), dtype=np.bool_)
        subsets = chain.from_iterable(combinations(keys, count) for count in range(1, len(keys) + 1))
        fitting = [
            [key in subset for key in keys]
            for subset in subsets
            if needed_space(self.problem, self.terrain.policy, subset).floor_area_m2 <= area_m2
        ]
        return np.array(fitting, dtype=np.bool_).reshape(-1, len(keys))

    def left(self) -> int:
        """Return how many pairs of a function and a community aren't covered yet."""
        return sum(int(entry.uncovered.sum()) for entry in self.open_.values())

    def spots(self) -> Iterator[tuple[WhiteSpot, int]]:
        """Yield the zones and the points for which their figures hold, best first."""
        for rank in range(1, self.wanted.count + 1):
            best = self._best()
            if best is None:
                return
            point, functions = best
            spot = self._spot(rank, point, functions)
            for key in (*functions, *spot.also_needed):
                if key in self.open_:
                    self.open_[key].take(point)
            yield spot, point

    def _best(self) -> tuple[int, tuple[str, ...]] | None:
        """Return the point that adds most, and the functions with which it does; None: none adds anything."""
        communities, persons = self._added()
        priority = self._priority
        counts = self.problem.basis.counts_communities
        gained = communities > 0.0 if counts else persons > 0.0
        weighted = (communities if counts else persons) * priority
        reached = np.where(gained, persons, 0.0) * priority
        if not len(self.choices):
            return None
        chosen = self.choices.T.astype(np.float64)
        values, seconds = weighted @ chosen, reached @ chosen
        if values.max() <= 0.0:
            return None
        top = values >= values.max() * (1.0 - THRESHOLD_SLACK)
        seconds = np.where(top, seconds, -1.0)
        points, sets = np.nonzero(seconds >= seconds.max() * (1.0 - THRESHOLD_SLACK))
        best = np.lexsort((points, self.roads.mean_walk(points)))[0]
        functions = self.choices[sets[best]] & gained[points[best]]
        named = zip(self.wanted.functions, functions, strict=True)
        return int(points[best]), tuple(key for key, is_chosen in named if is_chosen)

    @cached_property
    def _priority(self) -> FloatArray:
        return np.array([self.problem.functions[key].priority for key in self.wanted.functions])

    def _added(self) -> tuple[FloatArray, FloatArray]:
        """Return communities newly covered and persons newly within the radius, both (points, functions)."""
        communities = [entry.communities() for entry in self.open_.values()]
        persons = [np.asarray(entry.within @ entry.persons) for entry in self.open_.values()]
        return np.stack(communities, axis=1), np.stack(persons, axis=1)

    def _spot(self, rank: int, point: int, functions: tuple[str, ...]) -> WhiteSpot:
        need = needed_space(self.problem, self.terrain.policy, functions)
        if self.wanted.minimum_area_m2 is not None:
            need = _enlarged(need, self.wanted.minimum_area_m2)
        longitude, latitude = self.roads.place_of(point)
        near = self.roads.demand_ids[int(self.roads.nearest_demand[point])]
        zone = self._zone(point, functions)
        return WhiteSpot(
            rank=rank,
            community_code=self.problem.demand[near].community_code,
            demand_id=near,
            longitude=longitude,
            latitude=latitude,
            form=need.form,
            floor_area_m2=round(need.floor_area_m2, 6),
            usable_area_m2=round(need.usable_area_m2, 6),
            opening_cost_cny=round(need.opening_cost_cny, 2),
            cny=round(need.cny, 2),
            functions=tuple(self._told(key, point) for key in functions),
            also_needed=need.also_needed,
            zone=self.roads.rings(zone),
            zone_area_m2=round(float(zone.area), 1),
        )

    def _told(self, key: str, point: int) -> WhiteSpotFunction:
        entry = self.open_[key]
        covered = entry.newly_covered(point) & self.problem.basis.counts_communities
        return WhiteSpotFunction(
            function=key,
            communities=self._named(covered),
            without_candidate=self._named(covered & entry.hopeless),
            persons=round(float((entry.within[[point]] @ entry.persons)[0]), 6),
        )

    def _named(self, communities: BoolArray) -> tuple[str, ...]:
        return tuple(code for code, each in zip(self.roads.codes, communities, strict=True) if each)

    def _zone(self, point: int, functions: tuple[str, ...]) -> shapely.Polygon:
        """Return the polygon of the points that do the same job and hang together with this one."""
        communities, persons = self._added()
        priority = self._priority * np.array([key in functions for key in self.wanted.functions])
        value = (communities if self.problem.basis.counts_communities else persons) @ priority
        around = self.roads.points.around(point, value >= SAME_JOB * value[point])
        zone = self.roads.points.strip(around, STRIP_M, SMALLEST_HOLE_M2)
        for key in functions:
            zone = zone.difference(self.roads.excluded(key))
        parts = [part for part in shapely.get_parts(zone) if isinstance(part, shapely.Polygon)]
        place = shapely.Point(self.roads.points.x_m[point], self.roads.points.y_m[point])
        return min(parts, key=lambda part: float(part.distance(place)))

    def _open(self, key: str) -> _Open:
        """Return what the plan leaves uncovered of a function."""
        problem, year = self.problem, self.wanted.year
        roads, persons = self.roads, self.roads.persons(key, year)
        counted = problem.counted_communities(key, year)
        of_demand = [problem.demand[each].community_code for each in roads.demand_ids]
        is_counted = np.isin(of_demand, counted)
        providing = self._providing(key)
        basis = problem.basis if problem.basis.counts_communities else Basis.REACHABLE
        covering = {code: problem.covering_sites_on(basis, code, key, year) for code in counted}
        could = {code: [site for site in covering[code] if self._could(site, key)] for code in counted}
        uncovered = np.array([not providing.intersection(covering.get(code, ())) for code in roads.codes])
        hopeless = np.array([not could.get(code) for code in roads.codes])
        reached = np.array([self._is_reached(each, key, providing) for each in roads.demand_ids])
        is_open = is_counted & ~reached
        uncovered &= np.isin(roads.codes, counted)
        if self.wanted.only_without_candidates:
            uncovered &= hopeless
            is_open &= ~np.array([self._may_be_reached(each, key) for each in roads.demand_ids])
        return _Open(
            covers=roads.covers(key, year, basis),
            uncovered=uncovered,
            hopeless=hopeless,
            within=roads.within(key),
            persons=np.where(is_open, persons, 0.0),
        )

    def _providing(self, key: str) -> frozenset[str]:
        return frozenset(
            site.site_id
            for site in self.question.plan.sites
            for entry in site.functions
            if entry.function == key and entry.area_m2_by_year.get(self.wanted.year, 0.0) > 0.0
        )

    def _could(self, site_id: str, key: str) -> bool:
        """Whether a site that is planned could provide the function in the year."""
        is_decided = self.problem.sites[site_id].is_decided
        return not is_decided and could_provide(self.problem, site_id, key, self.wanted.year)

    def _is_reached(self, demand_id: str, key: str, providing: Iterable[str]) -> bool:
        return any(site in providing for site in self.problem.providers_within_reach(demand_id, key))

    def _may_be_reached(self, demand_id: str, key: str) -> bool:
        return any(self._could(site, key) for site in self.problem.providers_within_reach(demand_id, key))


def _enlarged(need: NeededSpace, floor_area_m2: float) -> NeededSpace:
    """Return the needs of a space that is as large as what is looked for."""
    by = floor_area_m2 / need.floor_area_m2
    opening = need.opening_cost_cny * by
    return replace(
        need,
        floor_area_m2=floor_area_m2,
        usable_area_m2=need.usable_area_m2 * by,
        opening_cost_cny=opening,
        cny=need.cny - need.opening_cost_cny + opening,
    )
