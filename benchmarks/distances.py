"""Measure many-to-many walking distances within a limit beside peers, in one run; write ``RESULTS.md``.

    python benchmarks/distances.py                      # 1 000 000 nodes; about 8 minutes
    python benchmarks/distances.py --without pandana    # about 3 minutes: pandana prepares for long
    python benchmarks/distances.py --nodes 40000 --demand 2000 --sites 500 --seconds 2 --print   # a trial

The network is a generated, jittered street grid with streets missing at random; demand points and sites lie
on its nodes. Everybody works on the same arrays, in a process of their own. siteplan does the whole task; a
peer is given all the preparation it needs, then searches from randomly drawn sources for some seconds, and
its time for all of them is extrapolated. Peers are compared only where they are installed (see
``README.md``).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array

from siteplan.bench.results import (
    GIB,
    figure,
    installed_version,
    measured_on,
    ratio,
    renew_section,
    seconds_with_nothing_compiled,
    table,
)
from siteplan.network import FloatArray, IntArray, RoadNetwork
from siteplan.reach import distance_blocks, distance_matrix, places_at_nodes
from siteplan.reach.pieces import road_pieces

RESULTS_FILE = Path(__file__).with_name("RESULTS.md")
BLOCK_M = 100.0
MISSING_STREETS = 0.28

Found = dict[int, float]
"""Node → metres within the limit, from one source."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Street ends and lengths (streets,), nodes of demand points and sites, and the limit in metres."""

    x_m: FloatArray
    y_m: FloatArray
    start: IntArray
    end: IntArray
    length_m: FloatArray
    demand: IntArray
    sites: IntArray
    limit_m: float

    @property
    def network(self) -> RoadNetwork:
        """The streets as siteplan holds them, all public."""
        nodes, streets = np.arange(len(self.x_m)), np.arange(len(self.start))
        degrees = np.zeros(len(self.x_m))
        return RoadNetwork(
            metric_crs="EPSG:4545",
            node_id=nodes,
            longitude=degrees,
            latitude=degrees,
            x_m=self.x_m,
            y_m=self.y_m,
            edge_from=self.start,
            edge_to=self.end,
            length_m=self.length_m,
            is_private=np.zeros(len(streets), dtype=np.bool_),
            way_id=streets,
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds to prepare and to search from all demand points or all sites, and the memory it took.

    ``sources`` were searched in fact; ``entries`` were found within the limit. ``difference_m`` is the
    largest from siteplan's distances.
    """

    name: str
    prepare_s: float
    from_demand_s: float
    from_sites_s: float
    sources: int
    peak_bytes: float
    entries: int | None = None
    difference_m: float | None = None

    def total_s(self, *, from_sites: bool) -> float:
        """Seconds of the whole task, preparation included."""
        return self.prepare_s + (self.from_sites_s if from_sites else self.from_demand_s)


def generated_task(nodes: int, demand: int, sites: int, limit_m: float, seed: int = 1) -> Task:
    """Return a street grid of about so many nodes, with demand points and sites on random ones."""
    random = np.random.default_rng(seed)
    side = round(nodes**0.5)
    row, column = (axis.ravel() for axis in np.indices((side, side)))
    x_m, y_m = (BLOCK_M * axis + random.normal(0.0, 10.0, side * side) for axis in (column, row))
    corner = np.arange(side * side)
    right, up = corner[column < side - 1], corner[row < side - 1]
    start, end = np.concatenate([right, up]), np.concatenate([right + 1, up + side])
    kept = random.random(len(start)) >= MISSING_STREETS
    start, end = start[kept], end[kept]
    length_m = np.hypot(x_m[start] - x_m[end], y_m[start] - y_m[end])
    places = (random.choice(side * side, count, replace=False) for count in (demand, sites))
    return Task(x_m, y_m, start, end, length_m, next(places), next(places), limit_m)


def measure_siteplan(task: Task, threads: int) -> Measured:
    """Do the whole task from the demand points, in blocks, and then from the fewer places, as a matrix."""
    network = task.network
    begin = time.monotonic()
    pieces = road_pieces(network)
    demand, sites = places_at_nodes(network, task.demand), places_at_nodes(network, task.sites)
    prepare_s = time.monotonic() - begin
    begin = time.monotonic()
    blocks = distance_blocks(network, pieces, demand, sites, task.limit_m, threads=threads)
    entries = sum(len(block.site_index) for block in blocks)
    from_demand_s = time.monotonic() - begin
    begin = time.monotonic()
    matrix = distance_matrix(network, demand, sites, task.limit_m, threads=threads)
    from_sites_s = time.monotonic() - begin
    if matrix.nnz != entries:
        raise ValueError(f"{matrix.nnz} and {entries} entries from the two sides")
    cores = "1 thread" if threads == 1 else f"{threads} threads"
    # distance_matrix prepares for itself: its preparation is in its time and not counted twice
    return Measured(
        f"siteplan, {cores}",
        prepare_s,
        from_demand_s,
        from_sites_s - prepare_s,
        len(task.demand) + len(task.sites),
        _peak_bytes(),
        entries,
    )


def measure_peer(task: Task, name: str, seconds: float) -> Measured:
    """Prepare a peer, let it search from random sources for so many seconds, and extrapolate."""
    import_module(name)
    begin = time.monotonic()
    peer = PEERS[name](task)
    prepare_s = time.monotonic() - begin
    sources = np.random.default_rng(3).permutation(np.concatenate([task.demand, task.sites]))
    searched, first = 0, None
    begin = time.monotonic()
    while searched < len(sources) and (searched == 0 or time.monotonic() - begin < seconds):
        batch = sources[searched : searched + peer.batch]
        answer = peer.search(batch)
        first = answer if first is None else first
        searched += len(batch)
    each_s = (time.monotonic() - begin) / searched
    return Measured(
        f"{name} {installed_version(name)}",
        prepare_s,
        each_s * len(task.demand),
        each_s * len(task.sites),
        searched,
        _peak_bytes(),
        difference_m=_difference_m(task, peer.found(sources[: peer.batch], first)),
    )


def _peak_bytes() -> float:
    return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _difference_m(task: Task, found: dict[int, Found]) -> float:
    """Return the largest difference from siteplan over some sources and all nodes within the limit.

    Raises:
        ValueError: one of them finds a node within the limit, by more than a metre, that the other doesn't.
    """
    network, sources = task.network, np.array(list(found))
    everywhere = places_at_nodes(network, np.arange(network.node_count))
    matrix = distance_matrix(network, places_at_nodes(network, sources), everywhere, task.limit_m)
    largest = 0.0
    for row, source in enumerate(sources.tolist()):
        entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
        own = dict(zip(matrix.indices[entries].tolist(), matrix.data[entries].tolist(), strict=True))
        theirs = found[source] if own else {}
        for node in own.keys() ^ theirs.keys():
            if {**own, **theirs}[node] < task.limit_m - 1.0:
                raise ValueError(f"only one of the two finds node {node} from {source}")
        largest = max([largest, *(abs(own[node] - theirs[node]) for node in own.keys() & theirs.keys())])
    return largest


@dataclass(frozen=True, slots=True)
class Peer:
    """A prepared peer: ``search`` answers ``batch`` sources at once, ``found`` reads its answer."""

    search: Callable[[IntArray], Any]
    found: Callable[[IntArray, Any], dict[int, Found]]
    batch: int


def _lengths(task: Task) -> csr_array:
    shape = (len(task.x_m), len(task.x_m))
    return coo_array((task.length_m, (task.start, task.end)), shape=shape).tocsr()


def _scipy(task: Task) -> Peer:
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415 - as the peers: in the process that needs it

    one_way = _lengths(task)
    lengths = csr_array(one_way + one_way.T)
    return Peer(
        lambda sources: dijkstra(lengths, indices=sources, limit=task.limit_m), _of_rows(task), batch=8
    )


def _igraph(task: Task) -> Peer:
    """Igraph has no limit to a search: it walks the whole network from each source."""
    import igraph  # noqa: PLC0415

    graph = igraph.Graph(n=len(task.x_m), edges=np.stack([task.start, task.end], axis=1))
    weights = task.length_m.tolist()
    return Peer(
        lambda sources: graph.distances(source=sources.tolist(), weights=weights), _of_rows(task), batch=2
    )


def _of_rows(task: Task) -> Callable[[IntArray, Any], dict[int, Found]]:
    """Return the reader of answers that hold a distance to every node."""

    def found(sources: IntArray, answer: Any) -> dict[int, Found]:
        rows = np.asarray(answer)
        near = [np.flatnonzero(row <= task.limit_m) for row in rows]
        return {
            source: dict(zip(nodes.tolist(), row[nodes].tolist(), strict=True))
            for source, nodes, row in zip(sources.tolist(), near, rows, strict=True)
        }

    return found


def _networkx(task: Task) -> Peer:
    import networkx as nx  # noqa: PLC0415

    graph: Any = nx.Graph()
    graph.add_nodes_from(range(len(task.x_m)))
    graph.add_weighted_edges_from(_streets(task))
    return _bounded_dijkstra(graph, "weight", task.limit_m)


def _osmnx(task: Task) -> Peer:
    """Osmnx has no bounded many-to-many search of its own: its users run networkx on its MultiDiGraph."""
    import networkx as nx  # noqa: PLC0415
    import osmnx  # noqa: F401, PLC0415 - counted with its memory

    graph: Any = nx.MultiDiGraph()
    places = enumerate(zip(task.x_m.tolist(), task.y_m.tolist(), strict=True))
    graph.add_nodes_from((node, {"x": x, "y": y}) for node, (x, y) in places)
    for start, end, length in _streets(task):
        graph.add_edge(start, end, length=length)
        graph.add_edge(end, start, length=length)
    return _bounded_dijkstra(graph, "length", task.limit_m)


def _bounded_dijkstra(graph: Any, weight: str, limit_m: float) -> Peer:
    from networkx import single_source_dijkstra_path_length as search  # noqa: PLC0415

    return Peer(
        lambda sources: [search(graph, source, cutoff=limit_m, weight=weight) for source in sources.tolist()],
        lambda sources, answer: dict(zip(sources.tolist(), answer, strict=True)),
        batch=50,
    )


def _streets(task: Task) -> list[tuple[int, int, float]]:
    return list(zip(task.start.tolist(), task.end.tolist(), task.length_m.tolist(), strict=True))


def _pandana(task: Task) -> Peer:
    import pandana  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    ends = (pd.Series(task.start), pd.Series(task.end))
    lengths = pd.DataFrame({"length": task.length_m})
    network = pandana.Network(pd.Series(task.x_m), pd.Series(task.y_m), *ends, lengths, twoway=True)

    def found(sources: IntArray, answer: Any) -> dict[int, Found]:
        near: dict[int, Found] = {source: {} for source in sources.tolist()}
        columns = (answer["source"], answer["destination"], answer["length"])
        for source, node, metres in zip(*(column.tolist() for column in columns), strict=True):
            near[source][node] = metres
        return near

    return Peer(lambda sources: network.nodes_in_range(sources, task.limit_m), found, batch=1000)


PEERS: dict[str, Callable[[Task], Peer]] = {
    "scipy": _scipy,
    "networkx": _networkx,
    "osmnx": _osmnx,
    "igraph": _igraph,
    "pandana": _pandana,
}
"""How each peer prepares for a task, by the name of its package."""


def in_own_process(file: Path, measure: Callable[..., Measured], *arguments: Any) -> Measured:
    """Call a measurement in a fresh process, so that its memory is its own; the task comes from a file."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (file, measure, arguments))


def _measured(file: Path, measure: Callable[..., Measured], arguments: tuple[Any, ...]) -> Measured:
    warm_up()
    with np.load(file) as arrays:
        task = Task(**{name: arrays[name] for name in arrays.files}, limit_m=float(file.stem))
    return measure(task, *arguments)


def warm_up() -> float:
    """Load, and the first time compile, the search on a tiny task; return the seconds."""
    begin = time.monotonic()
    measure_siteplan(generated_task(100, 5, 5, 200.0), 1)
    return time.monotonic() - begin


def compilation_seconds() -> float:
    """Return the seconds of the first use after installation, when nothing is compiled yet."""
    program = "import sys; sys.path.insert(0, sys.argv[1]); import distances; print(distances.warm_up())"
    return seconds_with_nothing_compiled(program, str(Path(__file__).parent))


def report(task: Task, measured: Sequence[Measured], compile_s: float, absent: Sequence[str]) -> list[str]:
    """Return the section of ``RESULTS.md``."""
    head = [
        *("way", "prepare s", f"from {len(task.demand):,} demand points s", "÷ siteplan"),
        *(f"from {len(task.sites):,} sites s", "÷ siteplan", "searched", "peak GiB", "largest difference m"),
    ]
    rows = []
    for row in measured:
        cells = [row.name, figure(row.prepare_s)]
        for from_sites in (False, True):
            total_s = row.total_s(from_sites=from_sites)
            own_s = min(own.total_s(from_sites=from_sites) for own in measured[:2])
            cells += [figure(total_s), ratio(total_s, own_s)]
        cells += [f"{row.sources:,}", figure(row.peak_bytes / GIB), figure(row.difference_m, 2)]
        rows.append(cells)
    lines = [
        "## Walking distances, many to many",
        "",
        f"Written by `python benchmarks/distances.py`. {len(task.x_m):,} nodes, {len(task.start):,} streets "
        f"of a generated grid, {len(task.demand):,} demand points × {len(task.sites):,} sites on nodes, "
        f"within {task.limit_m:,.0f} m: {measured[0].entries:,} pairs.",
        "Seconds include preparation. A search may begin at the demand points or, as walks are as long both "
        "ways here, at the fewer sites; both are shown for everybody. siteplan does the whole; peers "
        "searched as many sources as the column says, and their time for all is **extrapolated**. Ratios are "
        "to the faster siteplan row. Memory is the process's. The difference is from siteplan's distances, "
        "over the first sources and every node within the limit.",
        f"Compiling siteplan's search, once after installation, took {compile_s:.1f} s and is not counted.",
        "",
        *measured_on(("siteplan", "numba", *PEERS)),
        "",
        *table(head, rows),
    ]
    return [*lines, "", f"Not installed, so not compared: {', '.join(absent)}."] if absent else lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the options ask for, and write or print the section."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=1_000_000)
    parser.add_argument("--demand", type=int, default=100_000)
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--limit", type=float, default=1_000.0, help="longest walk in metres")
    parser.add_argument("--seconds", type=float, default=20.0, help="searching time of each peer")
    parser.add_argument("--without", action="append", default=[], choices=PEERS, help="leave a peer out")
    parser.add_argument("--output", type=Path, default=RESULTS_FILE, help="the Markdown file to renew")
    parser.add_argument("--print", action="store_true", help="print the section, write nothing")
    options = parser.parse_args(arguments)
    task = generated_task(options.nodes, options.demand, options.sites, options.limit)
    compile_s = compilation_seconds()
    wanted = [name for name in PEERS if name not in options.without]
    absent = [name for name in wanted if installed_version(name) is None]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{options.limit:g}.npz"
        np.savez(file, **{name: getattr(task, name) for name in ARRAYS})
        measured = [in_own_process(file, measure_siteplan, threads) for threads in (1, os.cpu_count() or 1)]
        for name in wanted:
            if name not in absent:
                sys.stderr.write(f"{name}\n")
                measured.append(in_own_process(file, measure_peer, name, options.seconds))
    lines = report(task, measured, compile_s, absent)
    sys.stdout.write("\n".join(lines) + "\n")
    if not options.print:
        renew_section(options.output, "distances", lines)
    return 0


ARRAYS = ("x_m", "y_m", "start", "end", "length_m", "demand", "sites")
"""The arrays of a task."""


if __name__ == "__main__":
    sys.exit(main())
