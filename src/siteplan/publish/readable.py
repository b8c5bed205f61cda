"""The results for people - workbook, pictures, map, Word report - from one plan and its inputs.

`siteplan solve` writes them all, `siteplan report`, ``plot`` and ``map`` one by one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import shapely

from siteplan.case import Case
from siteplan.inputs.base_map import read_base_map
from siteplan.network import RoadNetwork, WalkingAccess
from siteplan.plan import Plan
from siteplan.policy import Policy
from siteplan.problem import Problem
from siteplan.publish.explanations import Explanations, MissedTarget
from siteplan.publish.map import MapSources, write_map
from siteplan.publish.pictures.files import write_pictures
from siteplan.publish.pictures.sources import PictureSources
from siteplan.publish.publication import READABLES, Output, Pace, Run, record_of
from siteplan.publish.report import ReportSources, write_report
from siteplan.publish.run_record import RunRecord
from siteplan.publish.workbook import WorkbookSources, write_workbook
from siteplan.scenario import Level, Scenario
from siteplan.text import Language, Text

SECONDS_TO_REPLACE = 3.0
"""Kept of the time limit when LibreOffice counts pages: to save the report and put the results in place."""


@dataclass(frozen=True, eq=False)
class ReadableSources:
    """A plan, its inputs and the language: what every result for people is made from.

    ``level_names``: the levels of the objective in words.
    """

    plan: Plan
    problem: Problem
    case: Case
    policy: Policy
    scenario: Scenario
    network: RoadNetwork
    access: WalkingAccess
    level_names: Mapping[Level, Text]
    language: Language

    @cached_property
    def pictures(self) -> PictureSources:
        """What pictures are drawn from."""
        return PictureSources(self.plan, self.problem, self.case, self.network, self.language)

    def report(self, record: RunRecord, stored: Explanations | None = None) -> ReportSources:
        """Return what the Word report is made from; ``stored``: what has been explained of the plan."""
        return ReportSources(
            plan=self.plan,
            problem=self.problem,
            case=self.case,
            policy=self.policy,
            scenario=self.scenario,
            network=self.network,
            record=record,
            level_names=self.level_names,
            language=self.language,
            missed=() if stored is None else stored.shortfalls,
            white_spots=None if stored is None else stored.white_spots,
        )

    def workbook(self, missed: tuple[MissedTarget, ...] = ()) -> WorkbookSources:
        """Return what the workbook is made from."""
        return WorkbookSources(
            plan=self.plan,
            problem=self.problem,
            towns={town.town_code: town.town_name for town in self.case.towns},
            lead_bureaus={key: each.lead_bureau.text for key, each in self.policy.functions.items()},
            language=self.language,
            missed=missed,
        )

    def map(self, stored: Explanations | None = None) -> MapSources:
        """Return what the map is made from; ``stored``: what has been explained of the plan.

        Raises:
            InputError: the road file is damaged.
        """
        return MapSources(
            plan=self.plan,
            problem=self.problem,
            case=self.case,
            network=self.network,
            access=self.access,
            standards=self.policy.standards,
            base_map=read_base_map(self.case.roads_file, self.network),
            boundaries={
                each.community_code: shapely.from_wkt(each.wkt) for each in self.case.community_boundaries
            },
            reasons={} if stored is None else stored.reasons(),
            missed=() if stored is None else stored.shortfalls,
            white_spots=None if stored is None else stored.white_spots,
        )


def readable_outputs(sources: ReadableSources, deadline: float) -> tuple[Output, ...]:
    """Return the results for people as outputs of a run; ``deadline`` on `time.monotonic` is the run's.

    LibreOffice counts the pages of the report's contents only where every output fits beside it.
    """

    def seconds(name: str) -> float:
        return READABLES[name].seconds(sources.problem, sources.network.node_count)

    def workbook(_: Run, file: Path) -> None:
        write_workbook(sources.workbook(), file)

    def pictures(_: Run, folder: Path) -> None:
        write_pictures(sources.pictures, folder)

    def map_page(_: Run, file: Path) -> None:
        write_map(sources.map(), file, language=sources.language)

    def report(run: Run, file: Path) -> None:
        pace = Pace()

        def seconds_left() -> float:
            needed_s = seconds("map.html") + seconds("pictures")
            return deadline - time.monotonic() - needed_s * pace.slowness() - SECONDS_TO_REPLACE

        write_report(sources.report(record_of(run, file.parent)), file, seconds_for_pages=seconds_left)

    writers = {"report.xlsx": workbook, "report.docx": report, "map.html": map_page, "pictures": pictures}
    return tuple(Output(name, writers[name], is_essential=False, seconds=seconds(name)) for name in READABLES)
