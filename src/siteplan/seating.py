"""Who gets a place where: two ways of filling the places that sites offer for a function in a year.

Both take the persons who wait at each demand point, the places at each site, and the walks within the
service radius as (metres, demand id, site id) in rising order, and return (demand id, site id) → persons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

Walk = tuple[float, str, str]
Seats = dict[tuple[str, str], float]

SLACK_PERSONS = 1e-7
"""So many persons fewer than the most count as the most: the linear program's tolerance."""
NOBODY = 1e-6
"""A walk of fewer persons than this is rounding of the linear program."""


def nearest_first(waiting: Mapping[str, float], places: Mapping[str, float], walks: Sequence[Walk]) -> Seats:
    """Seat persons pair by pair, the shortest walk first, as many as wait and find a free place.

    Nobody then goes to a farther site while a nearer one has a place.
    """
    unseated, free = dict(waiting), dict(places)
    seats: Seats = {}
    for _, demand_id, site_id in walks:
        persons = min(unseated[demand_id], free[site_id])
        if persons > 0.0:
            unseated[demand_id] -= persons
            free[site_id] -= persons
            seats[demand_id, site_id] = persons
    return seats


def most_served(waiting: Mapping[str, float], places: Mapping[str, float], walks: Sequence[Walk]) -> Seats:
    """Seat as many persons as any seating can, and of the seatings that do so one with the least walking.

    Raises:
        RuntimeError: the linear program was not solved; it always has a solution.
    """
    greedy = nearest_first(waiting, places, walks)
    reached = {demand_id for _, demand_id, _ in walks}
    first: dict[str, float] = {}
    for metres, demand_id, _ in walks:
        first.setdefault(demand_id, metres)
    metres_of = {(demand_id, site_id): metres for metres, demand_id, site_id in walks}
    everybody = sum(waiting[demand_id] for demand_id in reached)
    at_nearest = sum(persons for pair, persons in greedy.items() if metres_of[pair] == first[pair[0]])
    if at_nearest >= everybody - SLACK_PERSONS:
        return greedy
    values = _most_then_nearest(waiting, places, walks)
    seats: Seats = {}
    unseated, free = dict(waiting), dict(places)
    for (_, demand_id, site_id), value in zip(walks, values, strict=True):
        persons = min(float(value), unseated[demand_id], free[site_id])
        if persons > NOBODY:
            unseated[demand_id] -= persons
            free[site_id] -= persons
            seats[demand_id, site_id] = persons
    return seats


def _most_then_nearest(
    waiting: Mapping[str, float], places: Mapping[str, float], walks: Sequence[Walk]
) -> np.ndarray:
    """Return the persons of each walk: a transport problem solved for persons, then for metres."""
    points = {key: row for row, key in enumerate(dict.fromkeys(walk[1] for walk in walks))}
    sites = {key: row for row, key in enumerate(dict.fromkeys(walk[2] for walk in walks))}
    columns = np.arange(len(walks))
    ones = np.ones(len(walks))
    of_point = csr_array((ones, ([points[walk[1]] for walk in walks], columns)))
    at_site = csr_array((ones, ([sites[walk[2]] for walk in walks], columns)))
    matrix = vstack([of_point, at_site], format="csr")
    limits = np.array([*(waiting[key] for key in points), *(places[key] for key in sites)])
    most = linprog(-ones, A_ub=matrix, b_ub=limits, method="highs")
    if most.status != 0:
        raise RuntimeError(f"seating: {most.message}")
    enough = csr_array(-ones[None, :])
    least = linprog(
        np.array([walk[0] for walk in walks]),
        A_ub=vstack([matrix, enough], format="csr"),
        b_ub=np.append(limits, most.fun + SLACK_PERSONS),
        method="highs",
    )
    return np.asarray(least.x if least.status == 0 else most.x)
