"""Measure `siteplan.covering.solve_mclp` on published or generated instances, beside spopt with HiGHS.

    python benchmarks/covering.py                              # generated towns, 5 s and 60 s each
    python benchmarks/covering.py --instances FOLDER           # published instances (see below)
    python benchmarks/covering.py --instances FOLDER --only Bronx --sites 50 --peer-seconds 100

``FOLDER`` holds the files of the AILS-MCLP repository (Máximo, Cordeau & Nascimento 2023,
doi 10.1111/itor.13387): ``NAME.txt`` with latitude, longitude and demand of census blocks, and
``best_known.csv`` with the columns instance, p, radius_m, best_known. Every block is a demand point and a
candidate site. Distances are great circles on a radius of 6 378 100 m, the arc-cosine rounded to 32 bits, as
in the publication: its site lists give its values to the unit.

With ``--peer-seconds`` spopt's MCLP (install ``spopt`` and ``pulp``) is solved by HiGHS in the same run, and
the table says in how many seconds siteplan reaches what spopt ends with.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siteplan.covering import CoveringResult, solve_mclp

EARTH_RADIUS_M = 6_378_100.0
"""The publication's."""
GENERATED = ((2_000, 20), (4_000, 50), (4_000, 100))
"""Demand points (each a candidate site) and sites to open of the generated instances."""
GENERATED_RADIUS_M = 600.0
GENERATED_TOWNS = 12
TARGET_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
"""Time limits tried, shortest first, until siteplan has what the peer ended with."""


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """One instance: ``reach`` (demand, sites), ``weights`` (demand,), and what is known of it."""

    name: str
    sites: int
    reach: sparse.csr_array
    weights: NDArray[np.float64]
    best_known: float | None


@dataclass(frozen=True, slots=True)
class Peer:
    """What spopt with HiGHS reached; ``target_s``: siteplan's shortest tried time limit that reaches it."""

    value: float
    seconds: float
    target_s: float | None


def read_instances(folder: Path) -> Iterator[Published]:
    """Read every instance that ``best_known.csv`` lists.

    Raises:
        OSError: a file is missing. ValueError: a file isn't of the published form.
    """
    with (folder / "best_known.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["instance"], int(row["p"])))
    reaches: dict[tuple[str, float], tuple[sparse.csr_array, NDArray[np.float64]]] = {}
    for row in rows:
        key = (row["instance"], float(row["radius_m"]))
        if key not in reaches:
            degrees, weights = read_points(folder / f"{key[0]}.txt")
            reaches[key] = (great_circle_reach(degrees, key[1]), weights)
        yield Published(key[0], int(row["p"]), *reaches[key], float(row["best_known"]))


def read_points(file: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return latitudes and longitudes (points, 2) in degrees, and demand (points,)."""
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    count = next(int(line.split(":")[1]) for line in lines if line.startswith("DIMENSION"))
    points, demand = lines.index("NODE_COORD_SECTION") + 1, lines.index("DEMAND_SECTION") + 1
    degrees = np.array([line.split() for line in lines[points : points + count]], dtype=np.float64)
    return degrees, np.array(lines[demand : demand + count], dtype=np.float64)


def great_circle_reach(degrees: NDArray[np.float64], radius_m: float) -> sparse.csr_array:
    """Return which points (points, points) are within the radius of each other."""
    latitude, longitude = np.radians(degrees).T
    cosine = np.sin(latitude)[:, None] * np.sin(latitude)
    cosine += np.cos(latitude)[:, None] * np.cos(latitude) * np.cos(longitude[:, None] - longitude)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0)).astype(np.float32)
    np.fill_diagonal(angle, 0.0)
    return sparse.csr_array(angle * np.float32(EARTH_RADIUS_M) <= np.float32(radius_m))


def generated_instances() -> Iterator[Published]:
    """Return towns of different sizes scattered over a county; the same on every machine."""
    for number, (points, sites) in enumerate(GENERATED):
        random = np.random.default_rng(number)
        centres = random.uniform(0.0, 15_000.0, (GENERATED_TOWNS, 2))
        town = random.choice(GENERATED_TOWNS, points, p=random.dirichlet(np.ones(GENERATED_TOWNS)))
        place = centres[town] + random.normal(0.0, 1_500.0, (points, 2))
        distance = np.linalg.norm(place[:, None] - place, axis=2)
        weights = np.floor(random.gamma(1.0, 250.0, points)) + 1.0
        reach = sparse.csr_array(distance <= GENERATED_RADIUS_M)
        yield Published(f"generated {points}", sites, reach, weights, None)


def solve_by_spopt(instance: Published, seconds: float) -> tuple[float, float]:
    """Return covered weight and seconds of spopt's MCLP with HiGHS, model building included."""
    import pulp  # noqa: PLC0415 - a peer is needed only where it is asked for
    from spopt.locate import MCLP  # noqa: PLC0415

    begin = time.monotonic()
    distance: Any = np.where(instance.reach.toarray(), 0.0, 1.0)
    model = MCLP.from_cost_matrix(
        distance, instance.weights.reshape(-1, 1), service_radius=0.5, p_facilities=instance.sites
    )
    model.problem.solve(pulp.HiGHS(timeLimit=max(1.0, seconds - (time.monotonic() - begin)), msg=False))
    elapsed = time.monotonic() - begin
    is_open = np.array([(variable.value() or 0.0) > 0.5 for variable in model.fac_vars])
    covered = instance.reach @ is_open.astype(np.float64) > 0.0
    return float(instance.weights[covered].sum()), elapsed


def against_spopt(instance: Published, seconds: float) -> Peer:
    """Let spopt run, then find the shortest time limit with which siteplan has at least as much."""
    value, elapsed = solve_by_spopt(instance, seconds)
    for limit in TARGET_SECONDS:
        result = solve_mclp(instance.reach, instance.weights, p=instance.sites, time_limit=limit)
        if result.objective >= value:
            return Peer(value, elapsed, result.seconds)
    return Peer(value, elapsed, None)


def row_of(instance: Published, results: Sequence[CoveringResult], peer: Peer | None) -> str:
    """Return the instance's row of the Markdown table."""
    cells = [instance.name, str(instance.sites), _whole(instance.best_known)]
    for result in results:
        known = instance.best_known
        cells += [
            _whole(result.objective),
            "—" if known is None else f"{100.0 * result.objective / known:.3f}",
            f"{100.0 * result.gap:.3f}",
            f"{result.seconds:.1f}",
        ]
    if peer is not None:
        ratio = None if peer.target_s is None else peer.seconds / peer.target_s
        cells += [_whole(peer.value), f"{peer.seconds:.1f}"]
        cells += ["—", "—"] if ratio is None else [f"{peer.target_s:.2f}", f"{ratio:.0f}"]
    return "| " + " | ".join(cells) + " |"


def _whole(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"


def table_head(limits: Sequence[float], *, with_peer: bool) -> str:
    """Return the head of the Markdown table."""
    names = ["instance", "p", "best known"]
    for limit in limits:
        names += [f"covered in {limit:g} s", "% of best known", "proven gap %", "seconds"]
    if with_peer:
        names += ["spopt + HiGHS", "its seconds", "siteplan reaches it in s", "ratio"]
    return "| " + " | ".join(names) + " |\n|" + "---|" * len(names)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the options ask for and print the table as it grows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--instances", type=Path, help="folder with published instances")
    parser.add_argument("--only", action="append", default=[], help="names of instances; all without it")
    parser.add_argument("--sites", type=int, action="append", default=[], help="numbers of sites to open")
    parser.add_argument("--seconds", type=float, action="append", default=[], help="time limits: 5 and 60")
    parser.add_argument("--peer-seconds", type=float, help="time limit of spopt with HiGHS")
    options = parser.parse_args(arguments)
    limits = options.seconds or [5.0, 60.0]
    instances = generated_instances() if options.instances is None else read_instances(options.instances)
    _compile()
    _write(table_head(limits, with_peer=options.peer_seconds is not None))
    for instance in instances:
        if options.only and instance.name not in options.only:
            continue
        if options.sites and instance.sites not in options.sites:
            continue
        results = [
            solve_mclp(instance.reach, instance.weights, p=instance.sites, time_limit=limit)
            for limit in limits
        ]
        peer = None if options.peer_seconds is None else against_spopt(instance, options.peer_seconds)
        _write(row_of(instance, results, peer))
    return 0


def _compile() -> None:
    """Compile what is compiled on first use: its seconds are counted apart, as none of these."""
    begin = time.monotonic()
    reach = sparse.random_array((400, 400), density=0.01, rng=np.random.default_rng(0))
    solve_mclp(reach, np.ones(400), p=20, time_limit=2.0)
    sys.stderr.write(f"first use, compilation included: {time.monotonic() - begin:.1f} s\n")


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
