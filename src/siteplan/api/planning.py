"""A scenario, changed as a planner asks "what if", solved to a plan of tables.

The way through is that of ``siteplan solve`` (`siteplan.cli.stages`); nothing is written to the disk.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import geopandas
import pandas as pd
from pydantic import BaseModel

from siteplan import case, plan, scenario
from siteplan.cli.explaining import terrain_of
from siteplan.cli.stages import Prepared, Stopwatch, achieved, prepare, search
from siteplan.explain import (
    Question,
    Wanted,
    explain_shortfalls,
    find_white_spots,
    ground_of,
    missed_targets,
    prices_of_money,
)
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.scenario_files import load_scenario
from siteplan.outcome import decisions_of
from siteplan.progress import ProgressListener, silent
from siteplan.publish import mend_interrupted_swap, read_plan
from siteplan.publish.white_spots import polygon_of, properties_of
from siteplan.text import Text

WGS84 = "EPSG:4326"


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The tables of a case folder; each view is a table with the column names of the data dictionary."""

    data: case.Case

    @classmethod
    def load(cls, folder: str | Path, model_folder: str | Path) -> Self:
        """Read a case folder; functions in it are called as ``model_folder`` calls them.

        Raises:
            InputError: with every fault of the model files, of ``case.yaml`` and of the tables.
        """
        return cls(load_case(Path(folder), function_names(load_policy(Path(model_folder)))))

    @property
    def demand_points(self) -> pd.DataFrame:
        """Return the demand points, one a row."""
        return _table(self.data.demand_points)

    @property
    def sites(self) -> pd.DataFrame:
        """Return the candidate sites, one a row."""
        return _table(self.data.sites)

    @property
    def communities(self) -> pd.DataFrame:
        """Return the communities, one a row."""
        return _table(self.data.communities)


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """A scenario file, with changes on top that no file states."""

    file: Path
    changes: tuple[Mapping[str, Any], ...]
    loaded: scenario.LoadedScenario

    @classmethod
    def load(cls, file: str | Path) -> Self:
        """Read a scenario file and everything it extends.

        Raises:
            InputError: with every fault of the files and of the merged scenario.
        """
        return cls(Path(file), (), load_scenario(Path(file)))

    @property
    def settings(self) -> scenario.Scenario:
        """Return what the scenario says, changes included; amounts in CNY, shares in percent."""
        return self.loaded.scenario

    def with_(self, **changes: Any) -> Self:
        """Return the scenario with keys of the scenario file changed, as a file that extends it would.

        Mappings merge deep, lists replace, None removes: ``with_(budget={"scale": 0.5})``.

        Raises:
            InputError: with every fault of the changed scenario: an unknown key, a value out of range.
        """
        every = (*self.changes, changes)
        return replace(self, changes=every, loaded=load_scenario(self.file, changes=every))

    def case(self) -> Case:
        """Read the scenario's case.

        Raises:
            InputError: with every fault of the model files and of the case.
        """
        policy = load_policy(self.loaded.model_folder, self.loaded)
        return Case(load_case(self.loaded.case_folder, function_names(policy)))

    def solve(
        self,
        listener: ProgressListener = silent,
        stop: threading.Event | None = None,
        start: Plan | None = None,
    ) -> Plan:
        """Solve the scenario under its ``solver`` settings and return the plan.

        ``listener`` hears of the progress; setting ``stop`` ends the search with the best plan so far.
        ``start``: a plan to begin with, of this scenario or one like it; the result is no worse at the first
        level where it keeps every rule, and it is mended where it doesn't.

        Raises:
            InputError: with every error and warning of the inputs.
            InfeasibleError: the hard rules clash.
            NoPlanError: the time ran out, or ``stop`` was set, before any plan was found.
        """
        stopwatch = Stopwatch(listener)
        prepared = prepare(self.file, stopwatch, changes=self.changes, is_for_search=True)
        settings = prepared.inputs.loaded.scenario.solver
        begin = None if start is None else decisions_of(prepared.problem, start.data)
        result = search(prepared, settings, stopwatch, stop or threading.Event(), begin)
        return Plan(achieved(prepared, result)[1], prepared=prepared)

    def why(self, plan: Plan, seconds: float | None = 20.0) -> Why:
        """Return the questions that a plan of this scenario can be asked.

        ``seconds`` of each solve that an answer takes; None: nothing is solved again.

        Raises:
            InputError: with every error and warning of the inputs.
        """
        prepared = prepare(self.file, Stopwatch(), changes=self.changes)
        settings = prepared.inputs.loaded.scenario.solver
        return Why(Question(prepared.problem, plan.data, settings, seconds), prepared)


@dataclass(frozen=True, eq=False)
class Plan:
    """A layout plan as tables; ``data`` is ``plan.json`` as it stands.

    ``folder``: where it was read from. ``prepared``: the inputs it was solved from, where that was done here.
    """

    data: plan.Plan
    folder: Path | None = None
    prepared: Prepared | None = field(default=None, repr=False)

    @classmethod
    def load(cls, result_folder: str | Path) -> Self:
        """Read the plan of a result folder.

        Raises:
            InputError: there is none, or it has another schema version or a fault in it.
        """
        folder = Path(result_folder)
        mend_interrupted_swap(folder)
        return cls(read_plan(folder), folder)

    @property
    def title(self) -> Text:
        """Return the title of the plan's scenario."""
        return Text(self.data.title_zh, self.data.title_en)

    @cached_property
    def sites(self) -> geopandas.GeoDataFrame:
        """The sites that are open in the last year, as points in WGS 84; areas m², money CNY.

        ``functions`` are keys with commas between; ``capital_cny``, ``operating_cny`` and ``fees_cny`` are
        sums over the years.
        """
        left_out = {"functions", "rooms", *YEARLY_MONEY}
        rows = [
            site.model_dump(mode="json", exclude=left_out)
            | {"functions": ", ".join(planned.function for planned in site.functions)}
            | {column: sum(getattr(site, by_year).values()) for by_year, column in YEARLY_MONEY.items()}
            for site in self.data.sites
        ]
        columns = [name for name in plan.PlannedSite.model_fields if name not in left_out]
        table = pd.DataFrame(rows, columns=[*columns, "functions", *YEARLY_MONEY.values()])
        points = geopandas.points_from_xy(table["longitude"], table["latitude"], crs=WGS84)
        return geopandas.GeoDataFrame(table, geometry=points)

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """Coverage by function, year and basis: ``covered`` of ``counted``, and the target where set."""
        return _table(self.data.coverage, plan.CoverageFigure)

    @cached_property
    def communities(self) -> pd.DataFrame:
        """Coverage by community, function and year; groups in persons."""
        return _table(self.data.communities, plan.CommunityCoverage)

    @cached_property
    def money(self) -> pd.DataFrame:
        """Money by year, CNY."""
        return _table(self.data.money, plan.YearMoney)

    @cached_property
    def levels(self) -> pd.DataFrame:
        """The objective levels with value, bound and gap, each in its own unit."""
        return _table(self.data.levels, plan.LevelResult)


@dataclass(frozen=True, eq=False)
class Why:
    """Why a plan is as it is and what would help, as tables; made by `Scenario.why`."""

    question: Question
    prepared: Prepared

    def shortfalls(self, seconds_in_all: float = 120.0) -> pd.DataFrame:
        """Return the missed targets with the share of each cause, and the remedies in Chinese and English.

        Figures are in the target's unit: communities, or persons. The shares add up to ``missing``;
        ``is_proven`` says whether each of them is exact.
        """
        asked = self.question
        ground = ground_of(terrain_of(self.prepared))
        rows = [
            {
                **{
                    name: getattr(entry, name)
                    for name in ("year", "function", "target", "covered", "missing")
                },
                **{share.cause.value: share.value for share in entry.causes},
                "is_proven": entry.is_proven,
                "remedies_zh": "；".join(remedy.words.zh for remedy in entry.remedies),
                "remedies_en": "; ".join(remedy.words.en for remedy in entry.remedies),
            }
            for entry in explain_shortfalls(asked, missed_targets(asked), ground, seconds_in_all)
        ]
        return pd.DataFrame(rows)

    def white_spots(
        self,
        functions: Iterable[str] | None = None,
        year: int | None = None,
        count: int = 10,
        *,
        minimum_area_m2: float | None = None,
        only_without_candidates: bool = False,
        solved: int = 0,
    ) -> geopandas.GeoDataFrame:
        """Return where to look for space next: zones as polygons in WGS 84, best first, areas m², money CNY.

        ``functions``: keys, by default all; ``year``: by default the last. With ``minimum_area_m2`` (floor
        area) only functions that fit in count; with ``only_without_candidates`` only what no listed space
        could cover. The first ``solved`` zones are solved for, with a space in them.

        Raises:
            KeyError: a function isn't one of the model's.
            ValueError: the year isn't planned.
        """
        problem = self.question.problem
        asked = tuple(problem.functions[key].key for key in (functions or problem.functions))
        year = problem.years[-1] if year is None else year
        if year not in problem.years:
            raise ValueError(f"year {year} isn't planned: {problem.years}")
        wanted = Wanted(asked, year, count, minimum_area_m2, only_without_candidates)
        terrain = terrain_of(self.prepared)
        *_, found = find_white_spots(self.question, terrain, wanted, solved)
        rows = [properties_of(found, spot, problem, self.question.plan.illustrative) for spot in found.spots]
        zones = [polygon_of(spot) for spot in found.spots]
        return geopandas.GeoDataFrame(rows, geometry=zones, crs=WGS84)

    def prices_of_money(self, year: int | None = None, step_cny: float | None = None) -> pd.DataFrame:
        """Return what more money in each year (or one) is worth, in the unit of each level compared.

        ``step_cny``: by how much a year's amount is raised, by default by a tenth of it. The gain lies
        between ``least`` and ``most``, and is proven where they are equal. Needs ``seconds`` to solve.
        """
        rows = [
            {
                "year": price.year,
                "source": price.source,
                "more_cny": price.more_cny,
                "level": found.level.name.value,
                "unit": found.level.unit,
                "least": found.least,
                "most": found.most,
            }
            for price in prices_of_money(self.question, year, step_cny)
            if isinstance(price.gains, list)
            for found in price.gains
        ]
        return pd.DataFrame(rows)


YEARLY_MONEY = {
    "capital_cny_by_year": "capital_cny",
    "operating_cny_by_year": "operating_cny",
    "fees_cny_by_year": "fees_cny",
    "subsidy_cny_by_year": "subsidy_cny",
}
"""Members of a planned site that hold money by year, and the column of their sum."""


def _table(rows: Iterable[BaseModel], kind: type[BaseModel] | None = None) -> pd.DataFrame:
    """Return a table with a row for each model; ``kind`` names the columns where there may be no row."""
    columns = None if kind is None else list(kind.model_fields)
    return pd.DataFrame([row.model_dump(mode="json") for row in rows], columns=columns)
