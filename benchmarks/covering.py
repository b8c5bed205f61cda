"""Measure `siteplan.covering.solve_mclp` beside peers on published or on generated instances.

    python benchmarks/covering.py                          # generated towns: about 20 minutes with all peers
    python benchmarks/covering.py --instances FOLDER       # published instances: 8 minutes for each
    python benchmarks/covering.py --instances FOLDER --only Bronx --sites 60 --peer-seconds 30 --print

It renews a section of ``RESULTS.md``, one for generated and one for published instances.

``FOLDER`` holds the files of the AILS-MCLP repository (Máximo, Cordeau & Nascimento 2023,
doi 10.1111/itor.13387): ``NAME.txt`` with latitude, longitude and demand of census blocks, and
``best_known.csv`` with the columns instance, p, radius_m, best_known. Every block is a demand point and a
candidate site. Distances are great circles on a radius of 6 378 100 m, the arc-cosine rounded to 32 bits, as
in the publication: its site lists give its values to the unit.

Peers solve the same instance, each in a process of its own for ``--peer-seconds``, model building included:
spopt's MCLP with HiGHS and with CBC (through PuLP), a plain Pyomo model with HiGHS, and OR-Tools CP-SAT on
all cores. siteplan is then given ever longer time limits until it covers at least what the peer ended with.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siteplan.bench.results import (
    installed_version,
    measured_on,
    ratio,
    renew_section,
    seconds_with_nothing_compiled,
    table,
)
from siteplan.covering import CoveringResult, compile_ahead, solve_mclp

COMPILING = """
import time
from siteplan.covering import compile_ahead
begin = time.monotonic()
compile_ahead()
print(time.monotonic() - begin)
"""
"""A program that prints the seconds of compiling the search."""
RESULTS_FILE = Path(__file__).with_name("RESULTS.md")

EARTH_RADIUS_M = 6_378_100.0
"""The publication's."""
GENERATED = ((2_000, 20), (4_000, 50), (4_000, 100))
"""Demand points (each a candidate site) and sites to open of the generated instances."""
GENERATED_RADIUS_M = 600.0
GENERATED_TOWNS = 12
TARGET_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
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
class PeerAnswer:
    """What a peer covered in how many seconds; ``value`` None: nothing in time.

    ``own_s`` are siteplan's seconds for the same value, None where it didn't get there.
    """

    peer: str
    value: float | None
    seconds: float
    own_s: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """An instance with siteplan's results by time limit and what each peer made of it."""

    instance: Published
    results: Sequence[CoveringResult]
    peers: Sequence[PeerAnswer]


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


def solve_by_spopt(instance: Published, seconds: float, solver: str) -> NDArray[np.float64]:
    """Return which sites (sites,) spopt's MCLP opens; ``solver``: HiGHS or CBC."""
    import pulp  # noqa: PLC0415 - a peer is needed only where it is asked for
    from spopt.locate import MCLP  # noqa: PLC0415

    begin = time.monotonic()
    distance: Any = np.where(instance.reach.toarray(), 0.0, 1.0)
    model = MCLP.from_cost_matrix(
        distance, instance.weights.reshape(-1, 1), service_radius=0.5, p_facilities=instance.sites
    )
    left_s = max(1.0, seconds - (time.monotonic() - begin))
    command = pulp.HiGHS if solver == "HiGHS" else pulp.PULP_CBC_CMD
    model.problem.solve(command(timeLimit=left_s, msg=False))
    return np.array([variable.value() or 0.0 for variable in model.fac_vars])


def solve_by_pyomo(instance: Published, seconds: float) -> NDArray[np.float64]:
    """Return which sites (sites,) HiGHS opens in the textbook model written in Pyomo."""
    import pyomo.environ as pyo  # noqa: PLC0415

    begin = time.monotonic()
    reach = instance.reach.tocsr()
    points, sites = range(reach.shape[0]), range(reach.shape[1])
    model: Any = pyo.ConcreteModel()
    model.open = pyo.Var(sites, domain=pyo.Binary)
    model.cover = pyo.Var(points, bounds=(0.0, 1.0))
    near = {i: reach.indices[reach.indptr[i] : reach.indptr[i + 1]].tolist() for i in points}
    model.reached = pyo.Constraint(
        points,
        rule=lambda m, i: m.cover[i] <= sum(m.open[j] for j in near[i]) if near[i] else m.cover[i] == 0,
    )
    model.count = pyo.Constraint(expr=sum(model.open[j] for j in sites) <= instance.sites)
    weights = instance.weights.tolist()
    model.covered = pyo.Objective(expr=sum(weights[i] * model.cover[i] for i in points), sense=pyo.maximize)
    solver: Any = pyo.SolverFactory("appsi_highs")
    solver.config.time_limit = max(1.0, seconds - (time.monotonic() - begin))
    solver.config.load_solution = False
    solver.highs_options = {"threads": 1}
    solver.solve(model, load_solutions=False)
    values = solver.get_primals()
    return np.array([values[model.open[j]] for j in sites])


def solve_by_cp_sat(instance: Published, seconds: float) -> NDArray[np.float64]:
    """Return which sites (sites,) OR-Tools CP-SAT opens, on all cores."""
    from ortools.sat.python import cp_model  # noqa: PLC0415

    begin = time.monotonic()
    reach = instance.reach.tocsr()
    model = cp_model.CpModel()
    is_open = [model.new_bool_var("") for _ in range(reach.shape[1])]
    cover = [model.new_bool_var("") for _ in range(reach.shape[0])]
    for point, covered in enumerate(cover):
        near = reach.indices[reach.indptr[point] : reach.indptr[point + 1]]
        model.add_bool_or([covered.negated(), *(is_open[site] for site in near)])
    model.add(sum(is_open) <= instance.sites)
    model.maximize(
        sum(round(weight) * covered for weight, covered in zip(instance.weights, cover, strict=True))
    )
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(1.0, seconds - (time.monotonic() - begin))
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return np.zeros(reach.shape[1])
    return np.array([float(solver.value(site)) for site in is_open])


PEERS: dict[str, tuple[str, Callable[[Published, float], NDArray[np.float64]]]] = {
    "spopt + HiGHS": ("spopt", partial(solve_by_spopt, solver="HiGHS")),
    "spopt + CBC": ("spopt", partial(solve_by_spopt, solver="CBC")),
    "Pyomo + HiGHS": ("pyomo", solve_by_pyomo),
    "CP-SAT": ("ortools", solve_by_cp_sat),
}
"""Package and solver of each peer."""
MODULES = {"spopt": "spopt.locate", "pyomo": "pyomo.environ", "ortools": "ortools.sat.python.cp_model"}
"""What a peer imports; importing isn't counted."""
LONGEST_OVERRUN = 2.0
"""A peer that takes so many times its seconds is ended without an answer."""


def answer_of(peer: str, instance: Published, seconds: float) -> PeerAnswer:
    """Let a peer solve an instance in a process of its own, which is ended if it overruns far."""
    package, solve = PEERS[peer]
    begin = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        answer = pool.apply_async(_timed, (MODULES[package], solve, instance, seconds))
        try:
            is_open, elapsed = answer.get(LONGEST_OVERRUN * seconds + 60.0)
        except multiprocessing.TimeoutError:
            return PeerAnswer(peer, None, time.monotonic() - begin)
        except Exception as fault:  # of whatever kind: it is a result, not the end of the run
            sys.stderr.write(f"{peer}: {fault}\n")
            return PeerAnswer(peer, None, time.monotonic() - begin)
    return PeerAnswer(peer, covered_weight(instance, is_open), elapsed)


def _timed(
    module: str, solve: Callable[[Published, float], NDArray[np.float64]], instance: Published, seconds: float
) -> tuple[NDArray[np.float64], float]:
    import_module(module)
    begin = time.monotonic()
    is_open = solve(instance, seconds)
    return is_open, time.monotonic() - begin


def covered_weight(instance: Published, is_open: NDArray[np.float64]) -> float:
    """Return the weight within reach of the open sites.

    Raises:
        ValueError: more sites are open than the instance allows.
    """
    opened = is_open > 0.5
    if opened.sum() > instance.sites:
        raise ValueError(f"{opened.sum()} sites open, {instance.sites} allowed")
    covered = instance.reach @ opened.astype(np.float64) > 0.0
    return float(instance.weights[covered].sum())


def with_own_seconds(instance: Published, answer: PeerAnswer, known: Sequence[CoveringResult]) -> PeerAnswer:
    """Find the shortest time limit with which siteplan covers at least as much; ``known`` runs are reused."""
    if answer.value is None:
        return answer
    for limit in TARGET_SECONDS:
        result = solve_mclp(instance.reach, instance.weights, p=instance.sites, time_limit=limit)
        if result.objective >= answer.value:
            return replace(answer, own_s=result.seconds)
    reached = [result.seconds for result in known if result.objective >= answer.value]
    return replace(answer, own_s=min(reached, default=None))


def measure(instance: Published, limits: Sequence[float], peers: Sequence[str], seconds: float) -> Measured:
    """Solve an instance by siteplan with each time limit, and by every peer."""
    results = [
        solve_mclp(instance.reach, instance.weights, p=instance.sites, time_limit=limit) for limit in limits
    ]
    answers = [with_own_seconds(instance, answer_of(peer, instance, seconds), results) for peer in peers]
    return Measured(instance, results, answers)


def report(
    measured: Sequence[Measured],
    limits: Sequence[float],
    seconds: float,
    compile_s: float,
    absent: Sequence[str],
    *,
    published: bool,
) -> list[str]:
    """Return the section of ``RESULTS.md``."""
    head = ["instance", "p", "best known"]
    for limit in limits:
        head += [f"covered in {limit:g} s", "% of best known", "proven gap %", "seconds"]
    own = [_own_row(row) for row in measured]
    peers = [_peer_row(row.instance, answer) for row in measured for answer in row.peers]
    return [
        f"## Maximal covering, {'published' if published else 'generated'} instances",
        "",
        "Written by `python benchmarks/covering.py`. "
        + (
            "Máximo, Cordeau & Nascimento 2023 (doi 10.1111/itor.13387): each census block is a demand point "
            "and a site."
            if published
            else "Synthetic: towns of different sizes scattered over a county, each point a site as well."
        ),
        f"Compiling siteplan's search, once after installation, took {compile_s:.1f} s and is not counted.",
        "",
        *measured_on(("siteplan", "numba", "highspy", "spopt", "pulp", "pyomo", "ortools")),
        "",
        *table(head, own),
        "",
        f"Peers had {seconds:g} s each (HiGHS and CBC in one thread, CP-SAT on all cores); seconds beyond "
        "that are model building and overrun. `siteplan reaches it in` is its shortest tried time limit that "
        "covers at least as much, in seconds really used. Where the ratio is below 1, or siteplan didn't get "
        "there, the peer is better.",
        "",
        *table(
            (
                "instance",
                "p",
                "peer",
                "covered",
                "% of best known",
                "seconds",
                "siteplan reaches it in",
                "ratio",
            ),
            peers,
        ),
        *(["", f"Not installed, so not compared: {', '.join(absent)}."] if absent else []),
    ]


def _own_row(row: Measured) -> list[str]:
    cells = [row.instance.name, str(row.instance.sites), _whole(row.instance.best_known)]
    for result in row.results:
        share = _percent(result.objective, row.instance.best_known)
        cells += [_whole(result.objective), share, f"{100.0 * result.gap:.3f}", f"{result.seconds:.1f}"]
    return cells


def _peer_row(instance: Published, answer: PeerAnswer) -> list[str]:
    own = "—" if answer.own_s is None else f"{answer.own_s:.2f} s"
    return [
        *(instance.name, str(instance.sites), answer.peer, _whole(answer.value)),
        *(_percent(answer.value, instance.best_known), f"{answer.seconds:.1f}"),
        *(own, ratio(answer.seconds, answer.own_s)),
    ]


def _percent(value: float | None, best_known: float | None) -> str:
    return "—" if value is None or best_known is None else f"{100.0 * value / best_known:.3f}"


def _whole(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the options ask for, and write or print the section."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--instances", type=Path, help="folder with published instances")
    parser.add_argument("--only", action="append", default=[], help="names of instances; all without it")
    parser.add_argument("--sites", type=int, action="append", default=[], help="numbers of sites to open")
    parser.add_argument("--seconds", type=float, action="append", default=[], help="time limits: 5 and 60")
    parser.add_argument("--peer-seconds", type=float, default=60.0, help="time of each peer; 0: no peers")
    parser.add_argument(
        "--peer-sites", type=int, action="append", default=[], help="numbers of sites that peers are given"
    )
    parser.add_argument("--without", action="append", default=[], choices=PEERS, help="leave a peer out")
    parser.add_argument("--output", type=Path, default=RESULTS_FILE, help="the Markdown file to renew")
    parser.add_argument("--print", action="store_true", help="print the section, write nothing")
    options = parser.parse_args(arguments)
    limits = options.seconds or [5.0, 60.0]
    wanted = [peer for peer in PEERS if peer not in options.without and options.peer_seconds > 0.0]
    absent = [peer for peer in wanted if installed_version(PEERS[peer][0]) is None]
    compile_s = seconds_with_nothing_compiled(COMPILING)
    compile_ahead()
    measured = []
    for instance in chosen_instances(options.instances, options.only, options.sites):
        sys.stderr.write(f"{instance.name} {instance.sites}\n")
        is_compared = not options.peer_sites or instance.sites in options.peer_sites
        peers = [peer for peer in wanted if peer not in absent and is_compared]
        measured.append(measure(instance, limits, peers, options.peer_seconds))
    lines = report(
        measured, limits, options.peer_seconds, compile_s, absent, published=options.instances is not None
    )
    sys.stdout.write("\n".join(lines) + "\n")
    if not options.print:
        renew_section(options.output, "covering" if options.instances else "covering-generated", lines)
    return 0


def chosen_instances(folder: Path | None, names: Sequence[str], sites: Sequence[int]) -> Iterator[Published]:
    """Return the published instances of a folder, or without one the generated ones, as far as asked for."""
    for instance in generated_instances() if folder is None else read_instances(folder):
        if (not names or instance.name in names) and (not sites or instance.sites in sites):
            yield instance


if __name__ == "__main__":
    sys.exit(main())
