"""Regions of the map and what tells their cases apart, for `siteplan.covering.cases`.

A region is the demand points around a *medoid*, a site. In its middle lies a demand point that the LP covers
exactly once; the sites that reach it are halved again and again into groups of neighbours, so that which
group covers it says where the region's sites about it stand.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from siteplan.covering.instance import FloatArray, IndexArray, Instance
from siteplan.covering.state import Neighbours
from siteplan.highs import Clock

LEAST_LIKENESS = 0.1
"""Sites are neighbours where this share of the weight that either reaches is reached by both."""
FAR = 1e3
"""Distance of sites that no chain of neighbours links."""
TINY = 1e-12
LEAST_MASS, NO_MASS = 1e-3, 1e-6
"""A site of less than this share of the largest mass is no medoid; what a site without mass counts as."""
MEDOID_ROUNDS = 3
LEAST_STAKE = 0.1
"""A demand point that the LP covers exactly once gains and loses so much by its price, of the mean weight."""


class Map:
    """Sites with the distances between neighbours, and the ``mass`` (sites,) that the LP opens of each."""

    def __init__(self, instance: Instance, near: Neighbours, mass: FloatArray) -> None:
        weight = np.asarray(instance.reached_by @ instance.weights)
        site = np.repeat(np.arange(instance.site_count), np.diff(near.start))
        likeness = near.shared / np.maximum(weight[site] + weight[near.sites] - near.shared, TINY)
        kept = likeness > LEAST_LIKENESS
        self.instance = instance
        self.mass = np.maximum(mass, 0.0) + NO_MASS
        self.may_be_medoid = self.mass >= LEAST_MASS * self.mass.max()
        self.links = sparse.csr_array(
            (1.0 + LEAST_LIKENESS - likeness[kept], (site[kept], near.sites[kept])),
            shape=(instance.site_count, instance.site_count),
        )

    def distances(self, sites: IndexArray, among: IndexArray | None = None) -> FloatArray:
        """Return the distances (sites, among) from some sites to some, by way of these, or to all."""
        links = self.links if among is None else sparse.csr_array(self.links[among][:, among])
        begin = sites if among is None else np.searchsorted(among, sites)
        distances = csgraph.dijkstra(links, directed=False, indices=begin)
        return np.asarray(np.minimum(distances, FAR))


def medoids_of(sites: Map, count: int, clock: Clock) -> IndexArray:
    """Return sites far apart, moved to the middle of the mass that is nearest to them while there is time."""
    fits = np.flatnonzero(sites.may_be_medoid)
    medoids = fits[[int(np.argmax(sites.mass[fits]))]]
    nearest = sites.distances(medoids)[0]
    while len(medoids) < min(count, len(fits)) and clock.seconds_left() > 0.0:
        medoids = np.append(medoids, fits[int(np.argmax(nearest[fits]))])
        nearest = np.minimum(nearest, sites.distances(medoids[-1:])[0])
    for _ in range(MEDOID_ROUNDS):
        region = sites.distances(medoids).argmin(axis=0)
        for at in range(len(medoids)):
            if clock.seconds_left() <= 0.0:
                return medoids
            among = np.flatnonzero(region == at)
            candidates = among[sites.may_be_medoid[among]]
            far = sites.distances(candidates, among) @ sites.mass[among]
            medoids[at] = candidates[int(far.argmin())]
    return medoids


def regions_of(sites: Map, distances: FloatArray) -> IndexArray:
    """Return the region (demand,) whose sites cover the most of each demand point.

    ``distances``: (regions, sites) from the medoids.
    """
    count = distances.shape[0]
    region = distances.argmin(axis=0)
    mass = sparse.csr_array((sites.mass, (np.arange(len(region)), region)), shape=(len(region), count))
    return np.asarray((sites.instance.reach @ mass).toarray().argmax(axis=1), dtype=np.int64)


def middle_of(sites: Map, among: IndexArray, distances: FloatArray, prices: FloatArray) -> int:
    """Return the demand point among some that is nearest to a medoid and has something at stake.

    ``distances``: (sites,) from the medoid; ``prices`` (demand,) of the LP.
    """
    instance = sites.instance
    reach, weights = sparse.csr_array(instance.reach[among]), instance.weights[among]
    away = np.asarray(reach @ (sites.mass * distances)) / np.maximum(reach @ sites.mass, TINY)
    stake = np.minimum(prices[among], weights - prices[among])
    is_idle = stake < LEAST_STAKE * instance.weights.mean()
    return int(among[int(np.argmin(away + FAR * is_idle))])


def groups_of(sites: Map, middle: int, count: int) -> list[IndexArray]:
    """Return the sites that reach a demand point in at most ``count`` groups of like mass."""
    reach = sites.instance.reach
    members = reach.indices[reach.indptr[middle] : reach.indptr[middle + 1]].astype(np.int64)
    return _halved(members, sites.mass[members], sites.distances(members, members), count)


def _halved(members: IndexArray, mass: FloatArray, distances: FloatArray, count: int) -> list[IndexArray]:
    if count <= 1 or len(members) <= 1:
        return [members]
    one = int(distances[int(np.argmax(mass))].argmax())
    other = int(distances[one].argmax())
    order = np.argsort(distances[one] - distances[other], kind="stable")
    summed = np.cumsum(mass[order])
    at = int(np.searchsorted(summed, summed[-1] * (count // 2) / count))
    at = min(len(members) - 1, max(1, at))
    halves: list[IndexArray] = []
    for half, share in ((order[:at], count // 2), (order[at:], count - count // 2)):
        halves += _halved(members[half], mass[half], distances[np.ix_(half, half)], share)
    return halves
