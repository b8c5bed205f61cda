"""Time the shipped scenarios through the command line, and renew their section of ``RESULTS.md``.

    python benchmarks/scenarios.py                          # everything, about 40 minutes
    python benchmarks/scenarios.py --only 2027 --plain-seconds 20 --output /tmp/2027.md

Scenarios run one after another in a folder made by ``siteplan init``. Beside each stands what HiGHS alone
(the whole Pyomo model; no search, no decomposition, no start) reaches at the first objective level in the
seconds that siteplan's first level took in the same run: ratios measured together survive another machine.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from siteplan.bench.plain import PlainAnswer, first_level_seconds, plain_first_level
from siteplan.bench.results import renew_section, table
from siteplan.cli.stages import Stopwatch, prepare
from siteplan.plan import LevelResult
from siteplan.publish import read_run_record
from siteplan.publish.run_record import RunRecord, package_versions, python_version

RESULTS_FILE = Path(__file__).with_name("RESULTS.md")
BASE = "base"
"""The scenario that the others extend; alone it is the same as 2027."""
SCALED_BUDGETS = (
    ("2027-half-budget", "2027", 0.5),
    ("2027-quarter-budget", "2027", 0.25),
    ("2027-2030-quarter-budget", "2027-2030", 0.25),
)
"""Name, extended scenario and scale of each further scenario; 2027-2030 with half the money is shipped."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: None leaves the scenario's setting, or siteplan's own first-level seconds, in place."""

    effort: float | None = None
    time_limit_s: float | None = None
    plain_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """One scenario: ``record`` and what follows from it are None where the run ended without a plan."""

    name: str
    exit_code: int
    wall_s: float
    first_level_s: float | None
    record: RunRecord | None
    verified: bool
    plain: PlainAnswer | None


def make_project(folder: Path) -> None:
    """Make a project by ``siteplan init`` and add the scenarios with scaled budgets."""
    _siteplan("init", str(folder)).check_returncode()
    for name, extended, scale in SCALED_BUDGETS:
        text = f"extends: {extended}.yaml\nbudget: {{scale: {scale}}}\n"
        (folder / "scenarios" / f"{name}.yaml").write_text(text, encoding="utf-8")


def scenario_names(project: Path) -> list[str]:
    """Return the names of the scenarios of a project, without the base that they extend."""
    return sorted(file.stem for file in (project / "scenarios").glob("*.yaml") if file.stem != BASE)


def measure(project: Path, name: str, options: Options) -> Measurement:
    """Solve and verify one scenario in processes of their own, then let HiGHS alone try its first level."""
    scenario, results = project / "scenarios" / f"{name}.yaml", project / "results" / name
    arguments = ["solve", str(scenario), "--only", "plan", "--output", str(results)]
    if options.effort is not None:
        arguments += ["--effort", str(options.effort)]
    if options.time_limit_s is not None:
        arguments += ["--time-limit", str(options.time_limit_s)]
    begin = time.monotonic()
    run = _siteplan(*arguments)
    wall_s = time.monotonic() - begin
    if run.returncode != 0:
        sys.stderr.write(run.stderr)
        return Measurement(name, run.returncode, wall_s, None, None, verified=False, plain=None)
    first_level_s = first_level_seconds(run.stderr.splitlines())
    seconds = first_level_s if options.plain_seconds is None else options.plain_seconds
    return Measurement(
        name=name,
        exit_code=run.returncode,
        wall_s=wall_s,
        first_level_s=first_level_s,
        record=read_run_record(results),
        verified=_siteplan("verify", str(results)).returncode == 0,
        plain=_plain(scenario, seconds),
    )


def _plain(scenario: Path, seconds: float) -> PlainAnswer:
    prepared = prepare(scenario, Stopwatch())
    return plain_first_level(prepared.problem, prepared.inputs.loaded.scenario.solver.seed, seconds)


def _siteplan(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "siteplan", "--lang", "en", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def report(measurements: Sequence[Measurement], options: Options) -> str:
    """Return the results as Markdown."""
    return "\n".join(
        [
            "## Shipped scenarios",
            "",
            "Written by `python benchmarks/scenarios.py`; the case is illustrative. Gaps are absolute, in",
            "the unit of the level: coverage points for the shortfall.",
            "",
            *_machine(options),
            "",
            "### Runs",
            "",
            "Wall seconds are those of the whole command, start-up and publishing included.",
            "",
            *_table(
                "scenario | wall s | limit s | level 1 | unit | value | bound | gap | status "
                "| ended by | verify",
                [_run_row(measurement) for measurement in measurements],
            ),
            "",
            "### Later levels",
            "",
            "Each holds the levels before it; † where one of those is itself unproven.",
            "",
            *_table("scenario | level | unit | value | bound | gap | status", _later_rows(measurements)),
            "",
            "### Level 1 beside HiGHS alone",
            "",
            "HiGHS alone: the whole Pyomo model without search, decomposition or start, for the seconds that",
            "siteplan's first level took (or `--plain-seconds`). Ratios are HiGHS alone ÷ siteplan.",
            "",
            *_table(
                "scenario | siteplan s | alone s | siteplan value | bound | gap "
                "| alone value | bound | gap | value ratio | gap ratio",
                [row for measurement in measurements for row in _plain_row(measurement)],
            ),
            "",
        ]
    )


def _machine(options: Options) -> list[str]:
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    versions = package_versions()
    return [
        f"- Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; load average at the end {load}",
        f"- {os.cpu_count()} cores, {platform.system()} {platform.machine()}, {python_version()}, "
        f"highspy {versions['highspy']}, pyomo {versions['pyomo']}, siteplan {versions['siteplan']}",
        f"- Effort {options.effort or 'of the scenarios (1 where they name none)'}; "
        f"time limit {options.time_limit_s or 'of the scenarios'}",
    ]


def _table(head: str, rows: Iterable[Sequence[str]]) -> list[str]:
    return table(head.split(" | "), rows)


def _run_row(measurement: Measurement) -> list[str]:
    wall = f"{measurement.wall_s:.1f}"
    record = measurement.record
    if record is None:
        return [measurement.name, wall, *["—"] * 7, f"exit code {measurement.exit_code}", "—"]
    first = record.levels[0]
    limit = record.options["time_limit_s"]
    verdict = "passed" if measurement.verified else "FAILED"
    return [measurement.name, wall, str(limit), *_level_cells(first), record.stopped_by, verdict]


def _later_rows(measurements: Iterable[Measurement]) -> list[list[str]]:
    return [
        [measurement.name, *_level_cells(level)]
        for measurement in measurements
        if measurement.record is not None
        for level in measurement.record.levels[1:]
    ]


def _level_cells(level: LevelResult) -> list[str]:
    status = level.status + (" †" if level.given_unproven else "")
    return [level.name.value, level.unit, *map(_figure, (level.value, level.bound, level.gap)), status]


def _plain_row(measurement: Measurement) -> list[list[str]]:
    record, plain, own_s = measurement.record, measurement.plain, measurement.first_level_s
    if record is None or plain is None or own_s is None:
        return []
    first = record.levels[0]
    return [
        [
            measurement.name,
            f"{own_s:.1f}",
            f"{plain.seconds:.1f}",
            *map(_figure, (first.value, first.bound, first.gap)),
            *map(_figure, (plain.value, plain.bound, plain.gap)),
            _ratio(plain.value, first.value),
            _ratio(plain.gap, first.gap),
        ]
    ]


def _figure(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _ratio(plain: float | None, own: float | None) -> str:
    return "—" if plain is None or not own else f"{plain / own:.3g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line names; 1 if a scenario ended without a plan or its plan is false."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", metavar="NAME", help="this scenario only; may be repeated")
    parser.add_argument(
        "--plain-seconds", type=float, help="seconds for HiGHS alone, instead of those of the first level"
    )
    parser.add_argument("--effort", type=float, help="effort of every run, for a quick trial")
    parser.add_argument("--time-limit", type=float, help="seconds of every run, instead of the scenario's")
    parser.add_argument("--output", type=Path, default=RESULTS_FILE, help="the Markdown file to write")
    chosen = parser.parse_args(arguments)
    options = Options(chosen.effort, chosen.time_limit, chosen.plain_seconds)
    with tempfile.TemporaryDirectory(prefix="siteplan-benchmark-") as scratch:
        project = Path(scratch) / "county"
        make_project(project)
        names = scenario_names(project)
        unknown = sorted(set(chosen.only or ()) - set(names))
        if unknown:
            parser.error(f"no scenario {', '.join(unknown)}; there are {', '.join(names)}")
        measurements = []
        for name in chosen.only or names:
            sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {name}\n")
            measurements.append(measure(project, name, options))
    renew_section(chosen.output, "scenarios", report(measurements, options).splitlines())
    sys.stderr.write(f"renewed the section on scenarios in {chosen.output}\n")
    return int(any(not measurement.verified for measurement in measurements))


if __name__ == "__main__":
    sys.exit(main())
