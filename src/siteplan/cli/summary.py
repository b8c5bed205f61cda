"""The table that ends ``siteplan solve``: what the plan opens, covers, costs, and how good it is.

Fits 80 columns in both languages; missing communities come by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from siteplan.cli.wording import LEVEL_NAMES, number
from siteplan.outcome import UNITS
from siteplan.plan import CoverageFigure, LevelResult, Plan
from siteplan.problem import Problem, Role
from siteplan.publish import READABLES, RunRecord
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.scenario import Basis
from siteplan.text import Language, Text

STATUS_NAMES = {
    "optimal": Text("已证最优", "optimal"),
    "gap": Text("有差距", "gap"),
    "unproven": Text("未证明", "unproven"),
    "component": Text("加权和的一项", "part of the sum"),
}

STOPPED_BY = {
    "completed": Text("每一级都已证最优。", "Every level is proven optimal."),
    "work_limit": Text(
        "达到搜索量上限后停止，再次运行结果相同；调大 solver.effort 可继续缩小差距。",
        "Stopped at its work limits: another run gives the same, a larger solver.effort a smaller gap.",
    ),
    "gap": Text("达到要求的差距后停止。", "Stopped at the gap asked for."),
    "time_limit": Text(
        "因时间限制停止：再次运行结果可能不同。", "Stopped by the time limit: another run may differ."
    ),
    "interrupted": Text("被中断：再次运行结果可能不同。", "Interrupted: another run may differ."),
}


class Summary:
    """Prints a plan's summary in one language."""

    def __init__(self, plan: Plan, problem: Problem, console: Console, language: Language) -> None:
        self._plan = plan
        self._problem = problem
        self._console = console
        self._language = language

    def print(self, folder: Path, record: RunRecord) -> None:
        """Print every section; ``folder`` holds the results, ``record`` says what was written."""
        plan = self._plan
        self._say(Text(plan.title_zh, plan.title_en), style="bold")
        if plan.illustrative:
            self._say(ILLUSTRATIVE_NOTE, style="yellow")
        self._console.print(self._openings())
        self._console.print(self._coverage())
        if self._plan.local_coverage:
            self._console.print(self._local_targets())
        if (missing := self._missing()) is not None:
            self._console.print(missing)
        self._console.print(self._area())
        self._console.print(self._money())
        if self._plan.sources:
            self._console.print(self._sources())
        self._console.print(self._levels())
        self._say(STOPPED_BY[plan.stopped_by])
        self._print_missing_outputs(folder, record)
        self._say(Text(f"结果在 {folder}", f"Results are in {folder}"))
        self._say(Text(f"核对方案：siteplan verify {folder}", f"Verify the plan: siteplan verify {folder}"))

    def _print_missing_outputs(self, folder: Path, record: RunRecord) -> None:
        """Say which results for people are missing, why, and how they are made."""
        is_interrupted = record.stopped_by == "interrupted"
        hurry = (
            Text("已中断", "interrupted") if is_interrupted else Text("时间不足", "the time was too short")
        )
        missing = {
            **dict.fromkeys(record.skipped_outputs, hurry),
            **{name: Text.same(reason) for name, reason in record.failed_outputs.items()},
        }
        for name, reason in missing.items():
            command = READABLES[name].rebuilt_by.format(folder=folder)
            self._say(
                Text(
                    f"未写出 {name}（{reason.zh}），方案不受影响；补写：{command}",
                    f"{name} was not written ({reason.en}); the plan is unharmed. To make it: {command}",
                ),
                style="yellow",
            )

    def _say(self, words: Text, style: str = "") -> None:
        self._console.print(Line(self._in(words), style=style))

    def _in(self, words: Text) -> str:
        return words.in_language(self._language)

    def _table(self, title: Text, columns: Iterable[tuple[Text, Literal["left", "right"]]]) -> Table:
        table = Table(
            title=self._in(title), title_justify="left", title_style="bold", box=box.SIMPLE, pad_edge=False
        )
        for name, justify in columns:
            table.add_column(self._in(name), justify=justify, overflow="fold", no_wrap=justify == "right")
        return table

    def _openings(self) -> Table:
        table = self._table(
            Text("开放的设施", "Sites opened"),
            [
                (Text("年份", "year"), "left"),
                (Text("数量", "sites"), "right"),
                (Text("名称", "names"), "left"),
            ],
        )
        projects = [site for site in self._plan.sites if site.role is not Role.EXISTING]
        given = [site.name for site in projects if self._problem.sites[site.site_id].is_decided]
        if given:
            already = Text(f"{self._plan.years[0]} 前", f"before {self._plan.years[0]}")
            table.add_row(self._in(already), str(len(given)), self._join(given))
        for year in self._plan.years:
            names = [
                site.name
                for site in projects
                if site.open_from == year and not self._problem.sites[site.site_id].is_decided
            ]
            table.add_row(str(year), str(len(names)), self._join(names))
        return table

    def _coverage(self) -> Table:
        year = self._plan.years[-1]
        title = Text(
            f"{year} 年覆盖情况（已覆盖/应覆盖；* 为目标口径）",
            f"Coverage in {year} (n of m; * marks the targets' basis)",
        )
        bases = [(self._basis_heading(basis), "right") for basis in Basis]
        table = self._table(
            title,
            [
                (Text("功能", "function"), "left"),
                (Text("目标", "target"), "right"),
                *bases,  # type: ignore[list-item]
            ],
        )
        for key, function in self._problem.functions.items():
            figures = {basis: self._figure(key, year, basis) for basis in Basis}
            table.add_row(
                self._in(function.name),
                self._target(figures[self._plan.basis]),
                *(self._n_of_m(figures[basis]) for basis in Basis),
            )
        return table

    def _local_targets(self) -> Table:
        """Say how far the towns and communities with targets of their own are."""
        table = self._table(
            Text("镇街、社区的目标（目标口径）", "Targets of towns and communities (on the targets' basis)"),
            [
                (Text("年份", "year"), "left"),
                (Text("镇街或社区", "town or community"), "left"),
                (Text("功能", "function"), "left"),
                (Text("目标", "target"), "right"),
                (Text("已覆盖/应覆盖", "n of m"), "right"),
            ],
        )
        for figure in self._plan.local_coverage:
            name = self._in(self._problem.functions[figure.function].name)
            table.add_row(
                str(figure.year), figure.area_name, name, self._target(figure), self._n_of_m(figure)
            )
        return table

    def _basis_heading(self, basis: Basis) -> Text:
        mark = "*" if basis is self._plan.basis else ""
        return Text(basis.text.zh + mark, basis.text.en + mark)

    def _figure(self, function: str, year: int, basis: Basis) -> CoverageFigure | None:
        for figure in self._plan.coverage:
            if (figure.function, figure.year, figure.basis) == (function, year, basis):
                return figure
        return None

    def _target(self, figure: CoverageFigure | None) -> str:
        return "—" if figure is None or figure.target is None else number(round(figure.target))

    def _n_of_m(self, figure: CoverageFigure | None) -> str:
        if figure is None or figure.counted == 0:
            return self._in(Text("不涉及", "n/a"))
        return f"{number(round(figure.covered))}/{number(round(figure.counted))}"

    def _missing(self) -> Table | None:
        """Name the communities that lack a function within a suitable walk in the last year."""
        table = self._table(
            Text("可达口径下仍缺的社区", "Communities without it in reach"),
            [(Text("功能", "function"), "left"), (Text("缺", "missing"), "left")],
        )
        for key, function in self._problem.functions.items():
            figure = self._figure(key, self._plan.years[-1], Basis.REACHABLE)
            if figure is not None and figure.missing:
                names = [self._problem.communities[code].name for code in figure.missing]
                table.add_row(self._in(function.name), self._join(names))
        return table if table.row_count else None

    def _area(self) -> Table:
        year = self._plan.years[-1]
        records = [record for record in self._plan.area_standard if record.year == year]
        table = self._table(
            Text(f"{year} 年面积标准（每百户 m²）", f"Area standard in {year} (m² per 100 households)"),
            [
                (Text("标准", "tier"), "left"),
                (Text("达标社区", "communities that meet it"), "right"),
                (Text("合计缺口 m²", "short in all, m²"), "right"),
            ],
        )
        for tier in dict.fromkeys(tier for record in records for tier in record.shortfall_m2_by_tier):
            shortfalls = [record.shortfall_m2_by_tier[tier] for record in records]
            name = self._in(Text("养老", "elderly care")) if tier == "elderly" else tier
            met = sum(1 for shortfall in shortfalls if shortfall < 0.5)
            table.add_row(name, f"{met}/{len(shortfalls)}", number(round(sum(shortfalls))))
        return table

    def _money(self) -> Table:
        table = self._table(
            Text("资金（万元）", "Money (10 000 CNY)"),
            [
                (Text("年份", "year"), "left"),
                (Text("预算", "budget"), "right"),
                (Text("投资", "capital"), "right"),
                (Text("结转", "carried out"), "right"),
                (Text("运营支出", "operating"), "right"),
                (Text("收费", "fees"), "right"),
            ],
        )
        for year in self._plan.money:
            table.add_row(
                str(year.year),
                *(
                    "—" if amount is None else number(round(amount / 10_000))
                    for amount in (
                        year.amount_cny,
                        year.capital_cny,
                        year.carried_out_cny,
                        year.operating_cny,
                        year.fees_cny,
                    )
                ),
            )
        return table

    def _sources(self) -> Table:
        """Say what each source grants of its amount, year by year, and what is left at the end."""
        plan = self._plan
        columns: list[tuple[Text, Literal["left", "right"]]] = [(Text("来源", "source"), "left")]
        columns += [(Text.same(str(year)), "right") for year in plan.years]
        table = self._table(
            Text("各来源资金（万元）", "Money by source (10 000 CNY)"),
            [*columns, (Text("剩余", "left"), "right")],
        )
        for key in dict.fromkeys(row.source for row in plan.sources):
            rows = [row for row in plan.sources if row.source == key]
            granted = [row.granted_cny for row in rows if row.year in plan.years]
            name = self._in(Text(rows[0].name_zh, rows[0].name_en))
            shown = (number(round(cny / 10_000)) for cny in (*granted, rows[-1].carried_out_cny))
            table.add_row(name, *shown)
        return table

    def _levels(self) -> Table:
        table = self._table(
            Text("各级目标与理论界之差", "Objective levels and their gaps"),
            [
                (Text("级", "level"), "left"),
                (Text("单位", "unit"), "left"),
                (Text("方案", "plan"), "right"),
                (Text("理论界", "bound"), "right"),
                (Text("差", "gap"), "right"),
                (Text("状态", "status"), "left"),
            ],
        )
        for rank, level in enumerate(self._plan.levels, start=1):
            table.add_row(
                f"{rank} {self._in(LEVEL_NAMES[level.name])}",
                self._in(UNITS[level.name]),
                number(level.value),
                "—" if level.bound is None else number(level.bound),
                "—" if level.gap is None else number(level.gap),
                self._status(level),
            )
        if any(level.given_unproven for level in self._plan.levels):
            table.caption = self._in(
                Text("† 前一级保持现值而未证最优。", "† an earlier level is held at a value not proven best.")
            )
            table.caption_justify = "left"
        return table

    def _status(self, level: LevelResult) -> str:
        return self._in(STATUS_NAMES[level.status]) + (" †" if level.given_unproven else "")

    def _join(self, names: Sequence[str]) -> str:
        return ("、" if self._language is Language.ZH else ", ").join(names) or "—"
