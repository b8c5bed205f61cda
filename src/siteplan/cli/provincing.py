"""``siteplan province``: the money of a province split among its counties, each county's plan a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.table import Table

from siteplan.cli.display import progress_on
from siteplan.cli.exit_codes import ExitCode
from siteplan.cli.runs import Task, settings_of
from siteplan.cli.session import Session
from siteplan.cli.sweeping import progress_of, run_watched
from siteplan.cli.wording import LEVEL_NAMES, number
from siteplan.findings import Finding, Place, error, raise_errors
from siteplan.inputs.scenario_files import load_scenario
from siteplan.inputs.yaml_source import as_shown
from siteplan.outcome import UNITS
from siteplan.publish import read_run_record
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.scenario import Level, LoadedScenario
from siteplan.studies.province import (
    CURVES_FILE,
    PROVINCE_FILE,
    SPLIT_FILE,
    County,
    Point,
    ProvinceSettings,
    Split,
    read_province,
    split_money,
    write_curves,
    write_province,
    write_split,
)
from siteplan.studies.scenario_file import title_with, write_changed_scenario
from siteplan.studies.sweep import RunOutcome, finished
from siteplan.text import Text

WHY = Text("由 siteplan province 写出：一个县的一点", "written by siteplan province: one point of a county")


@dataclass(frozen=True, slots=True)
class Shared:
    """What the user asks for; ``seconds`` for each solve of a county."""

    seconds: float | None
    processes: int
    scheduler: str | None
    output: Path | None


@dataclass(slots=True)
class _Points:
    """Solves counties at scales as runs beside each other, those that aren't finished yet."""

    loaded: Mapping[str, LoadedScenario]
    folder: Path
    seconds: float | None
    asked: Shared
    session: Session
    illustrative: bool = False

    def name(self, county: str, scale: float) -> str:
        return f"{county}-{scale:.10g}"

    def folder_of(self, county: str, scale: float) -> str:
        return f"points/{self.name(county, scale)}"

    def __call__(self, wanted: Sequence[tuple[str, float]]) -> dict[tuple[str, float], Point]:
        """Solve the points; what was interrupted is left out."""
        outcomes: dict[str, RunOutcome] = {}
        tasks = [
            task for county, scale in wanted if (task := self._task(county, scale, outcomes)) is not None
        ]
        with progress_on(self.session.err, self.session.language, self.session.clock) as display:

            def told(name: str, outcome: RunOutcome) -> None:
                outcomes[name] = outcome
                display(progress_of(len(outcomes), len(wanted), name, outcome))

            run_watched(tasks, self.asked.scheduler, self.asked.processes, told, display.stopping)
        return {
            (county, scale): self._point(county, scale, outcomes[name])
            for county, scale in wanted
            if (name := self.name(county, scale)) in outcomes
        }

    def _task(self, county: str, scale: float, outcomes: dict[str, RunOutcome]) -> Task | None:
        """Write the scenario of a point; return its run, None where that is finished."""
        name, loaded = self.name(county, scale), self.loaded[county]
        file = self.folder / "scenarios" / f"{name}.yaml"
        own = 1.0 if loaded.scenario.budget is None else loaded.scenario.budget.scale
        words = Text(f"资金 ×{scale:.6g}", f"budget × {scale:.6g}")
        changes = {"budget": {"scale": own * scale}, "futures": None}
        write_changed_scenario(file, loaded, title_with(loaded, words), changes, WHY)
        results = self.folder / self.folder_of(county, scale)
        task = Task(name, file.resolve(), results.resolve(), self.seconds)
        if finished(results, file, settings_of(task, loaded.scenario.solver)) is None:
            return task
        outcomes[name] = RunOutcome("kept")
        return None

    def _point(self, county: str, scale: float, outcome: RunOutcome) -> Point:
        if not outcome.has_plan:
            self.session.reporter.say(
                Text(
                    f"{self.name(county, scale)}：{outcome.error.zh}",
                    f"{self.name(county, scale)}: {outcome.error.en}",
                )
            )
            return Point(scale, None, None, outcome.status == "infeasible")
        record = read_run_record(self.folder / self.folder_of(county, scale))
        self.illustrative |= record.illustrative
        return Point(scale, record.levels[0].value, record.levels[0].bound)


def plan_province(file: Path, asked: Shared, session: Session) -> ExitCode:
    """Solve the counties at several scales of money, split it, and write the split with its bound.

    Raises:
        InputError: bad inputs, or a folder that can't be written.
        BadParameter: there is no such cluster.
    """
    settings = read_province(file)
    loaded = {key: load_scenario(file.parent / county.scenario) for key, county in settings.counties.items()}
    raise_errors(_faults(file, settings, loaded))
    counties = [
        County(key, settings.counties[key].weight, _amounts(loaded[key])) for key in settings.counties
    ]
    level = next(iter(loaded.values())).scenario.levels[0]
    folder = asked.output or Path("results") / f"{file.stem}-province"
    points = _Points(loaded, folder, asked.seconds or settings.seconds, asked, session)
    split, curves = split_money(counties, settings.budget_cny, level, points, settings.rounds, settings.gap)
    if split is None:
        session.reporter.say(
            Text(
                "没有一种分配使每个县都有方案：增加资金或 --seconds",
                "no split gives every county a plan: more money, or more --seconds",
            ),
            "red",
        )
        return ExitCode.INFEASIBLE
    write_curves(folder / CURVES_FILE, curves, points.folder_of)
    illustrative = points.illustrative
    write_province(
        folder / PROVINCE_FILE, counties, split, curves, points.folder_of, illustrative=illustrative
    )
    unit = UNITS[level].en
    write_split(folder / SPLIT_FILE, counties, settings.budget_cny, split, unit, illustrative=illustrative)
    _report(counties, split, curves, session, illustrative=illustrative)
    for name in (SPLIT_FILE, PROVINCE_FILE, CURVES_FILE):
        session.reporter.say(Text(f"已写出 {folder / name}", f"wrote {folder / name}"))
    return ExitCode.DONE


def _amounts(loaded: LoadedScenario) -> dict[int, float]:
    """Return the money of a county's scenario by year, all sources together, in CNY."""
    budget = loaded.scenario.budget
    amounts: dict[int, float] = {}
    for source in budget.sources.values() if budget is not None else ():
        for year, cny in source.amounts_cny.items():
            amounts[year] = amounts.get(year, 0.0) + cny * (1.0 if budget is None else budget.scale)
    return amounts


def _faults(file: Path, settings: ProvinceSettings, loaded: Mapping[str, LoadedScenario]) -> list[Finding]:
    """Return counties without money to split, years without a total, and levels that differ."""
    findings: list[Finding] = []
    levels = {key: scenario.scenario.levels[0] for key, scenario in loaded.items()}
    first = next(iter(levels.values()))
    for key, scenario in loaded.items():
        amounts = _amounts(scenario)
        if not any(amounts.values()):
            findings.append(_fault(file, key, "county-without-budget", *_NO_BUDGET))
        missing = [year for year, cny in amounts.items() if cny > 0.0 and year not in settings.budget_cny]
        if missing:
            findings.append(_fault(file, key, "year-without-total", *_no_total(missing)))
        if levels[key] is not first:
            findings.append(_fault(file, key, "levels-differ", *_other_level(levels[key], first)))
    return findings


def _fault(file: Path, county: str, code: str, found: Text, mend: Text) -> Finding:
    return error(
        code,
        Place(file=as_shown(file), yaml_path=f"counties.{county}"),
        found=found,
        allowed=Text(
            "有资金、第一级目标相同的各县情景，年份都在 budget_cny 中",
            "scenarios with money and the same first level, all their years in `budget_cny`",
        ),
        mend=mend,
    )


_NO_BUDGET = (
    Text("情景没有资金", "the scenario has no money"),
    Text("在县的情景中写明 budget", "state a `budget` in the county's scenario"),
)


def _no_total(years: Sequence[int]) -> tuple[Text, Text]:
    names = ", ".join(map(str, years))
    return (
        Text(f"budget_cny 没有 {names} 年的总额", f"`budget_cny` has no total for {names}"),
        Text("补上总额", "add the totals"),
    )


def _other_level(level: Level, first: Level) -> tuple[Text, Text]:
    return (
        Text(
            f"第一级目标是 {level.value}，别的县是 {first.value}",
            f"its first level is {level.value}, another county's {first.value}",
        ),
        Text("统一各县情景的 objective", "make `objective` the same in all scenarios"),
    )


def _report(
    counties: Sequence[County],
    split: Split,
    curves: Mapping[str, Sequence[Point]],
    session: Session,
    *,
    illustrative: bool,
) -> None:
    if illustrative:
        session.out.print(ILLUSTRATIVE_NOTE.in_language(session.language), style="yellow", markup=False)
    level, unit = LEVEL_NAMES[split.level], UNITS[split.level]
    table = Table(box=box.SIMPLE, pad_edge=False)
    heads = (
        Text("县", "county"),
        Text("资金倍数", "budget ×"),
        Text("资金（万元）", "money (10 000 CNY)"),
        Text(f"{level.zh}（{unit.zh}）", f"{level.en} ({unit.en})"),
        Text("理论界", "bound"),
    )
    for position, head in enumerate(heads):
        table.add_column(head.in_language(session.language), justify="left" if position == 0 else "right")
    for county in counties:
        scale = split.scales[county.key]
        point = next(each for each in curves[county.key] if each.scale == scale)
        table.add_row(
            county.key,
            f"{scale:.4g}",
            number(scale * sum(county.amounts_cny.values()) / 10_000.0),
            "—" if point.value is None else number(point.value),
            "—" if point.bound is None else number(point.bound),
        )
    session.out.print(table)
    bound = "—" if split.bound is None else number(split.bound)
    gap = "—" if split.gap is None else number(split.gap)
    line = Text(
        f"加权平均 {number(split.value)} {unit.zh}；任何分配都不会好过 {bound}（差 {gap}）",
        f"weighted mean {number(split.value)} {unit.en}; no split is better than {bound} (gap {gap})",
    )
    session.out.print(line.in_language(session.language), markup=False, highlight=False, soft_wrap=True)
