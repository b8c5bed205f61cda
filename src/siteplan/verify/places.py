"""How many persons can have a place at all: seating by distance, and the most that any seating reaches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from siteplan.scenario import AssignmentRule
from siteplan.verify.facts import Facts

Walk = tuple[float, str, str]
"""Metres, demand id, site id."""


def walks_to(facts: Facts, function: str, year: int, places: Mapping[str, float]) -> list[Walk]:
    """Return the walks within the service radius to sites that have places, shortest first."""
    radius = facts.functions[function].service_radius_m
    return sorted(
        (metres, demand_id, site_id)
        for demand_id in facts.demand
        if facts.persons(demand_id, function, year) > 0.0
        for site_id, metres in facts.distances[demand_id].items()
        if site_id in places and metres <= radius
    )


def seated_by_distance(
    facts: Facts, function: str, year: int, places: Mapping[str, float]
) -> dict[tuple[str, str], float]:
    """Return (demand id, site id) → persons, the shortest walks seated first."""
    waiting = {demand_id: facts.persons(demand_id, function, year) for demand_id in facts.demand}
    free = dict(places)
    seats: dict[tuple[str, str], float] = {}
    for _, demand_id, site_id in walks_to(facts, function, year, places):
        persons = min(waiting[demand_id], free[site_id])
        if persons > 0.0:
            waiting[demand_id] -= persons
            free[site_id] -= persons
            seats[demand_id, site_id] = persons
    return seats


def most_persons(facts: Facts, function: str, year: int, places: Mapping[str, float]) -> float:
    """Return the most persons that any seating can serve, by the smallest cut.

    Choose demand points and sites so that every walk starts at a chosen point or ends at a chosen site:
    nobody is served but persons of the chosen points or at places of the chosen sites, and for the
    cheapest choice that many can be (max flow = min cut). The linear program of the choice has whole
    vertices; the choice is rounded and checked, so that the bound holds whatever the solver's tolerance.

    Raises:
        RuntimeError: the solver's choice is none.
    """
    walks = walks_to(facts, function, year, places)
    if not walks:
        return 0.0
    points = list(dict.fromkeys(demand_id for _, demand_id, _ in walks))
    sites = list(dict.fromkeys(site_id for _, _, site_id in walks))
    column = {key: number for number, key in enumerate([*points, *sites])}
    weights = [facts.persons(key, function, year) for key in points] + [places[key] for key in sites]
    rows = np.repeat(np.arange(len(walks)), 2)
    columns = [column[key] for _, demand_id, site_id in walks for key in (demand_id, site_id)]
    ends = csr_array((np.ones(len(columns)), (rows, columns)))
    answer = linprog(weights, A_ub=-ends, b_ub=-np.ones(len(walks)), bounds=(0.0, 1.0), method="highs-ds")
    chosen = np.asarray(answer.x) > CHOSEN
    if answer.status != 0 or not all(chosen[column[d]] or chosen[column[s]] for _, d, s in walks):
        raise RuntimeError(f"smallest cut: {answer.message}")
    return float(np.dot(weights, chosen))


CHOSEN = 0.5 - 1e-9


def persons_with_a_place(facts: Facts, function: str, year: int, places: Mapping[str, float]) -> float:
    """Return the persons who have a place by the scenario's assignment rule."""
    if facts.scenario.rules.assignment is AssignmentRule.MOST_SERVED:
        return most_persons(facts, function, year, places)
    return sum(seated_by_distance(facts, function, year, places).values())
