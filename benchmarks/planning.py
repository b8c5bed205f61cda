"""Measure siteplan on generated cases of four sizes beside HiGHS alone, and how time and memory grow.

    python benchmarks/planning.py                                    # everything, about 100 minutes
    python benchmarks/planning.py --only county --only district      # about 13 minutes
    python benchmarks/planning.py --only mega --without-alone --seconds mega=1800
    python benchmarks/planning.py --all-rules --only county          # about 7 minutes
    python benchmarks/planning.py --report                           # only writes the section and plot again

Each case is made by ``siteplan bench make`` and solved by ``siteplan solve`` on both bases, in processes of
their own; then the plan is verified, and HiGHS alone gets the whole Pyomo model of the first level (no
search, no decomposition, no start) for the seconds that siteplan's first level took, model building included.
With ``--all-rules`` the scenarios are those with every rule on, named `reachable, all rules` and `residents,
all rules` beside the bases, with twice the time.
Measurements are kept in ``planning.json``, the newest of each size and basis, so that sizes can be measured
one after the other; the section of ``RESULTS.md`` and the plot are made from all of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from siteplan.bench.making import MORE_TIME
from siteplan.bench.measuring import Finished, growth_exponent, run_measured
from siteplan.bench.plain import first_level_seconds, plain_first_level
from siteplan.bench.results import GIB, figure, measured_on, ratio, renew_section, table
from siteplan.bench.sizes import SIZES, SizeName
from siteplan.cli.stages import Stopwatch, prepare
from siteplan.publish import read_run_record
from siteplan.solve.compiling import COMPILERS

FOLDER = Path(__file__).parent
RESULTS_FILE = FOLDER / "RESULTS.md"
MEASUREMENTS_FILE = FOLDER / "planning.json"
PLOT_FILE = FOLDER / "growth.png"
BASES = ("reachable", "residents")
WITH_ALL_RULES = tuple(f"{basis}, all rules" for basis in BASES)
SCENARIOS = {name: f"{name.replace(', ', '-').replace(' ', '-')}.yaml" for name in (*BASES, *WITH_ALL_RULES)}
"""What is measured of each size, by the name of its row: a basis, with budget and pace or with all rules."""
SECONDS = {SizeName.COUNTY: 60.0, SizeName.DISTRICT: 120.0, SizeName.CITY: 300.0, SizeName.MEGA: 900.0}
"""Time limits of ``siteplan solve``, all included; with all rules `MORE_TIME` times that."""
ALONE_GRACE_S = 120.0
"""HiGHS alone may take so much longer than its seconds, for reading the case; then it is ended."""
SAME = 1e-9
"""Coverage points by which two values may differ that are the same but for rounding."""
STAGES = {
    "reading": ("reading and checking the inputs",),
    "distances": ("walking distances",),
    "problem": ("assembling the problem",),
    "outcome and results": ("what the plan achieves", "writing the results"),
}
"""Stages that run to their end at every size, and their names in ``run.json``."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One case and basis; what is None wasn't reached. Gaps and values in the unit of the level.

    ``levels`` are those of ``run.json``; ``stages`` its seconds by stage. ``alone_note`` says why HiGHS alone
    has no answer, where it has none.
    """

    size: str
    basis: str
    demand_points: int
    sites: int
    measured_at: str
    limit_s: float
    exit_code: int
    wall_s: float
    peak_gib: float
    first_level_s: float | None = None
    ended_by: str = ""
    verified: bool = False
    levels: tuple[Mapping[str, Any], ...] = ()
    stages: Mapping[str, float] | None = None
    alone_value: float | None = None
    alone_bound: float | None = None
    alone_s: float | None = None
    alone_peak_gib: float | None = None
    alone_note: str = "not measured"
    first_use_s: float | None = None

    @property
    def title(self) -> str:
        """Size and basis."""
        return f"{self.size}, {self.basis}"

    @property
    def alone_gap(self) -> float | None:
        """Gap of HiGHS alone."""
        if self.alone_value is None or self.alone_bound is None:
            return None
        return abs(self.alone_value - self.alone_bound)


def measure(case: Path, size: SizeName, basis: str, seconds: float, alone_gib: float) -> Measurement:
    """Solve and verify a generated case on a basis; HiGHS alone may use ``alone_gib``, 0 leaves it out."""
    scenario = case / "scenarios" / SCENARIOS[basis]
    results = case / "results" / scenario.stem
    run = _siteplan("solve", str(scenario), "--output", str(results), "--time-limit", str(seconds))
    sys.stderr.write("".join(line + "\n" for line in run.err.splitlines()[-3:]))
    spec = SIZES[size]
    found: dict[str, Any] = {
        "size": size.value,
        "basis": basis,
        "demand_points": spec.demand_points,
        "sites": spec.sites,
        "measured_at": f"{datetime.now(UTC):%m-%d %H:%M}",
        "limit_s": seconds,
        "exit_code": run.exit_code,
        "wall_s": run.wall_s,
        "peak_gib": run.peak_bytes / GIB,
    }
    if run.exit_code == 0:
        record = read_run_record(results)
        verification = _siteplan("verify", str(results))
        if verification.exit_code != 0:
            sys.stderr.write(verification.out + verification.err)
        found |= {
            "first_level_s": first_level_seconds(run.err.splitlines()),
            "ended_by": record.stopped_by,
            "levels": tuple(level.model_dump(mode="json") for level in record.levels),
            "stages": dict(record.seconds_by_stage),
            "verified": verification.exit_code == 0,
        }
    if alone_gib > 0.0:
        found |= measure_alone(scenario, found.get("first_level_s") or seconds, alone_gib)
    return Measurement(**found)


def measure_alone(scenario: Path, seconds: float, memory_gib: float) -> dict[str, Any]:
    """Let HiGHS alone try the first level in a process of its own, within limits of time and memory."""
    command = [sys.executable, __file__, "--alone", str(scenario), "--alone-seconds", str(seconds)]
    run = run_measured(command, seconds=seconds + ALONE_GRACE_S, memory_bytes=memory_gib * GIB)
    found: dict[str, Any] = {"alone_peak_gib": run.peak_bytes / GIB, "alone_note": ""}
    if run.ended_for == "memory":
        return found | {"alone_note": f"ended: above {memory_gib:g} GiB"}
    if run.ended_for == "time":
        return found | {"alone_note": "model not built in time"}
    if run.exit_code != 0:
        sys.stderr.write(run.err)
        return found | {"alone_note": f"exit code {run.exit_code}"}
    answer = json.loads(run.out.splitlines()[-1])
    note = "" if answer["value"] is not None else "no plan in time"
    return found | {
        "alone_value": answer["value"],
        "alone_bound": answer["bound"],
        "alone_s": answer["seconds"],
        "alone_note": note,
    }


def solve_alone(scenario: Path, seconds: float) -> None:
    """Print what HiGHS alone reaches, as JSON."""
    prepared = prepare(scenario, Stopwatch())
    seed = prepared.inputs.loaded.scenario.solver.seed
    sys.stdout.write(json.dumps(asdict(plain_first_level(prepared.problem, seed, seconds))) + "\n")


def first_use_seconds() -> float:
    """Compile the search where it isn't yet, and load it: done once, it must not take a solve's time."""
    begin = time.monotonic()
    for compile_part in COMPILERS.values():
        compile_part()
    return time.monotonic() - begin


def _siteplan(*arguments: str) -> Finished:
    return run_measured([sys.executable, "-m", "siteplan", "--lang", "en", *arguments])


def read_measurements(file: Path) -> list[Measurement]:
    """Read kept measurements, in order of size and basis; none where there is no file."""
    if not file.is_file():
        return []
    known = {field.name for field in fields(Measurement)}
    rows = json.loads(file.read_text(encoding="utf-8"))
    return [Measurement(**{key: value for key, value in row.items() if key in known}) for row in rows]


def write_measurements(measured: Iterable[Measurement], file: Path) -> None:
    """Keep measurements in a file."""
    text = json.dumps([asdict(row) for row in measured], indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")


def with_newest(kept: Iterable[Measurement], new: Measurement) -> list[Measurement]:
    """Return measurements with ``new`` in place of an older one, ordered by size and basis."""
    others = [row for row in kept if (row.size, row.basis) != (new.size, new.basis)]
    sizes = [size.value for size in SizeName]
    names = list(SCENARIOS)
    return sorted([*others, new], key=lambda row: (sizes.index(row.size), names.index(row.basis)))


def report(measured: Sequence[Measurement]) -> list[str]:
    """Return the section of ``RESULTS.md``."""
    return [
        "## Plans on generated cases",
        "",
        "Written by `python benchmarks/planning.py`. Cases are synthetic (`siteplan bench make`, seed 1), "
        "nine functions, four years, a tight budget; `all rules`: with every optional rule on, else budget "
        "and pace. Memory is the largest sum over the process and its "
        "children, pages that they share counted in each. Gaps are absolute, in coverage points for the "
        "shortfall. The versions are those of the newest measurement. "
        f"{_first_use(measured)}",
        "",
        *measured_on(("siteplan", "highspy", "pyomo", "numba")),
        "",
        *table(
            RUN_HEAD,
            [_run_row(row) for row in measured],
        ),
        "",
        "### Later levels",
        "",
        "Each holds the levels before it; † where one of those is itself unproven.",
        "",
        *table(("case", "level", "unit", "value", "bound", "gap"), _later_rows(measured)),
        "",
        "### Level 1 beside HiGHS alone",
        "",
        "HiGHS alone has the whole Pyomo model for the seconds of siteplan's first level, model building "
        "included. Ratios are HiGHS alone ÷ siteplan: above 1 siteplan's shortfall or gap is the smaller.",
        "",
        *table(
            ALONE_HEAD,
            [_alone_row(row) for row in measured],
        ),
        "",
        _where_alone_is_better(measured),
        "",
        "### Growth",
        "",
        "Exponent e of time or memory ≈ c · (demand points)^e over the sizes measured, on the basis "
        "`reachable`; searches run to their time limits and are left out.",
        "",
        "![Time and memory against size](growth.png)",
        "",
        *table(("what", *_size_names(measured), "exponent"), _growth_rows(measured)),
    ]


def _first_use(measured: Iterable[Measurement]) -> str:
    """Return what is said of compilation, which is done before anything is measured."""
    seconds = max((row.first_use_s for row in measured if row.first_use_s is not None), default=None)
    return f"The first use of the search, compilation included, took {figure(seconds)} s before all this."


RUN_HEAD = (
    *("case", "points × sites", "limit s", "wall s", "peak GiB", "level 1 s"),
    *("level 1", "bound", "gap", "status", "verify", "measured (UTC)"),
)
ALONE_HEAD = (
    *("case", "seconds", "siteplan", "gap", "alone", "alone's gap", "value ratio", "gap ratio"),
    *("alone peak GiB", "remark"),
)


def _run_row(row: Measurement) -> list[str]:
    cells = [
        *(row.title, f"{row.demand_points:,} × {row.sites:,}", f"{row.limit_s:g}", f"{row.wall_s:.1f}"),
        *(figure(row.peak_gib), figure(row.first_level_s)),
    ]
    if not row.levels:
        return [*cells, *["—"] * 3, f"exit code {row.exit_code}", "—", row.measured_at]
    verdict = "passed" if row.verified else "FAILED"
    first = row.levels[0]
    figures = (figure(first[key]) for key in ("value", "bound", "gap"))
    return [*cells, *figures, first["status"], verdict, row.measured_at]


def _later_rows(measured: Iterable[Measurement]) -> list[list[str]]:
    return [
        [
            *(row.title, level["name"] + (" †" if level["given_unproven"] else ""), level["unit"]),
            *(figure(level[key], 4) for key in ("value", "bound", "gap")),
        ]
        for row in measured
        for level in row.levels[1:]
    ]


def _alone_row(row: Measurement) -> list[str]:
    own: Mapping[str, Any] = row.levels[0] if row.levels else {}
    value, gap = own.get("value"), own.get("gap")
    return [
        *(row.title, figure(row.alone_s or row.first_level_s), figure(value), figure(gap)),
        *(figure(row.alone_value), figure(row.alone_gap)),
        *(ratio(row.alone_value, value), ratio(row.alone_gap, gap)),
        *(figure(row.alone_peak_gib), row.alone_note or "—"),
    ]


def _where_alone_is_better(measured: Iterable[Measurement]) -> str:
    better = []
    for row in measured:
        if row.levels and row.alone_value is not None and row.alone_value < row.levels[0]["value"] - SAME:
            better.append(f"{row.title} (value)")
        own_gap = row.levels[0]["gap"] if row.levels else None
        if own_gap is not None and row.alone_gap is not None and row.alone_gap < own_gap - SAME:
            better.append(f"{row.title} (gap)")
    if better:
        return f"HiGHS alone is better on: {', '.join(better)}."
    return "HiGHS alone is better on none of them."


def _growing(measured: Iterable[Measurement]) -> list[Measurement]:
    return [row for row in measured if row.basis == BASES[0] and row.stages]


def _quantities(row: Measurement) -> dict[str, float]:
    """Return seconds by stage and the peak memory of a run."""
    stages = row.stages or {}
    seconds = {name: sum(stages.get(part, 0.0) for part in parts) for name, parts in STAGES.items()}
    return {**{f"{name}, s": value for name, value in seconds.items()}, "peak memory, GiB": row.peak_gib}


def _size_names(measured: Iterable[Measurement]) -> list[str]:
    return [f"{row.size} ({row.demand_points:,})" for row in _growing(measured)]


def _growth_rows(measured: Iterable[Measurement]) -> list[list[str]]:
    rows = _growing(measured)
    if not rows:
        return []
    sizes = [float(row.demand_points) for row in rows]
    by_row = [_quantities(row) for row in rows]
    return [
        [
            name,
            *(figure(quantities[name]) for quantities in by_row),
            figure(growth_exponent(sizes, [quantities[name] for quantities in by_row]), 2),
        ]
        for name in by_row[0]
    ]


def plot(measured: Iterable[Measurement], file: Path) -> None:
    """Draw seconds by stage and memory against demand points, both axes logarithmic."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 - slow to import

    rows = _growing(measured)
    if not rows:
        return
    sizes = [row.demand_points for row in rows]
    by_row = [_quantities(row) for row in rows]
    pictures, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.6), layout="constrained")
    for name in by_row[0]:
        values = [quantities[name] for quantities in by_row]
        exponent = growth_exponent([float(size) for size in sizes], values)
        what, unit = name.rsplit(", ", 1)
        axes = right if unit == "GiB" else left
        axes.loglog(sizes, values, marker="o", label=f"{what}, exponent {figure(exponent, 2)}")
    for axes, label in ((left, "seconds"), (right, "GiB")):
        axes.set(xlabel="demand points", ylabel=label)
        axes.grid(visible=True, which="both", alpha=0.25)
        axes.legend(fontsize=8)
    pictures.suptitle("siteplan solve on generated cases")
    pictures.savefig(file, dpi=150)
    plt.close(pictures)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the options ask for, and write the section and the plot."""
    options = _parsed(arguments)
    if options.alone is not None:
        solve_alone(options.alone, options.alone_seconds)
        return 0
    kept = read_measurements(options.measurements)
    first_use_s = None if options.report else first_use_seconds()
    sizes = [] if options.report else [size for size in SizeName if size in (options.only or list(SizeName))]
    times = MORE_TIME if options.all_rules else 1.0
    seconds = {**{size: times * limit for size, limit in SECONDS.items()}, **dict(options.seconds)}
    bases = options.basis or BASES
    rows = [WITH_ALL_RULES[BASES.index(basis)] if options.all_rules else basis for basis in bases]
    alone_gib = 0.0 if options.without_alone else options.alone_gib
    with tempfile.TemporaryDirectory(prefix="siteplan-benchmark-") as scratch:
        for size in sizes:
            case = Path(scratch) / size.value
            made = _siteplan("bench", "make", "--size", size.value, "--output", str(case))
            sys.stderr.write(f"{made.err.strip()}\n({made.wall_s:.1f} s)\n")
            for row in rows:
                new = measure(case, size, row, seconds[size], alone_gib)
                kept = with_newest(kept, replace(new, first_use_s=first_use_s))
                write_measurements(kept, options.measurements)
    lines = report(kept)
    renew_section(options.output, "planning", lines)
    plot(kept, options.output.with_name(PLOT_FILE.name))
    sys.stdout.write("\n".join(lines) + "\n")
    return int(any(row.levels and not row.verified for row in kept))


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", action="append", type=SizeName, metavar="SIZE", help="this size; repeatable"
    )
    parser.add_argument("--basis", action="append", choices=BASES, help="this basis only")
    parser.add_argument("--all-rules", action="store_true", help="measure the scenarios with all rules")
    parser.add_argument(
        "--seconds",
        action="append",
        default=[],
        type=_size_seconds,
        metavar="SIZE=S",
        help="time limit of a size; by default "
        + ", ".join(f"{size.value}={seconds:g}" for size, seconds in SECONDS.items()),
    )
    parser.add_argument("--without-alone", action="store_true", help="leave HiGHS alone out")
    parser.add_argument("--alone-gib", type=float, default=12.0, help="memory for HiGHS alone")
    parser.add_argument("--report", action="store_true", help="measure nothing, write from what is kept")
    parser.add_argument("--output", type=Path, default=RESULTS_FILE, help="the Markdown file to renew")
    parser.add_argument("--measurements", type=Path, default=MEASUREMENTS_FILE, help="where they are kept")
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--alone-seconds", type=float, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _size_seconds(text: str) -> tuple[SizeName, float]:
    size, _, seconds = text.partition("=")
    return SizeName(size), float(seconds)


if __name__ == "__main__":
    sys.exit(main())
