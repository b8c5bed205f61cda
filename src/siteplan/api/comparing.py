"""Plans side by side, as tables and pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import geopandas
import pandas as pd

from siteplan.api.planning import WGS84, Plan
from siteplan.cli.wording import LEVEL_NAMES
from siteplan.publish.run_record import package_versions, python_version
from siteplan.studies.comparison import ComparedPlan, Names, compare_plans, from_folder
from siteplan.studies.comparison import Comparison as ComparisonData
from siteplan.studies.comparison.document import Row, SiteRow
from siteplan.studies.comparison.page import Pictures, glance
from siteplan.studies.comparison.sources import effective_settings
from siteplan.studies.comparison.writing import pictures_of, writers_of
from siteplan.text import Language, Text


def compare(
    plans: Sequence[Plan], names: Sequence[str] | None = None, language: Language | str = Language.ZH
) -> Comparison:
    """Compare plans, solved here or loaded from result folders; the first is the reference.

    ``names``: how the plans are called; by default by their folder, or else by their title.

    Raises:
        ValueError: there are fewer than two plans, or as many names as plans are not given, or one twice.
        InputError: the result folder of a plan can't be read any more.
    """
    called = _names_of(plans, language) if names is None else list(names)
    if len(plans) < 2 or len(called) != len(plans) or len(set(called)) != len(called):
        raise ValueError("compare needs two or more plans, and a name of its own for each")
    sources = tuple(_compared(each, name) for each, name in zip(plans, called, strict=True))
    return Comparison(compare_plans(sources), sources, Language(language))


def _names_of(plans: Sequence[Plan], language: Language | str) -> list[str]:
    """Return a name for each plan: its folder's, or its title; numbered where several are called the same."""
    names: list[str] = []
    for each in plans:
        title = each.title.in_language(Language(language))
        name = title if each.folder is None else each.folder.resolve().name
        again = sum(known == name or known.startswith(f"{name} (") for known in names)
        names.append(f"{name} ({again + 1})" if again else name)
    return names


def _compared(source: Plan, name: str) -> ComparedPlan:
    """Return a plan with what is known of its making."""
    if source.prepared is None:
        if source.folder is None:
            return ComparedPlan(name, source.data, None, (), None, {}, None, Names(), None)
        return replace(from_folder(source.folder, name), plan=source.data)
    inputs = source.prepared.inputs
    settings = effective_settings(inputs.loaded, inputs.policy, source.data)
    versions = {**package_versions(), "python": python_version()}
    repeatable = source.data.stopped_by not in ("time_limit", "interrupted")
    names = Names.of(inputs.policy, inputs.case)
    return ComparedPlan(
        name, source.data, None, inputs.files, settings, versions, repeatable, names, inputs.case
    )


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a notebook shows; ``png`` are its bytes."""

    png: bytes = field(repr=False)

    def _repr_png_(self) -> bytes:
        return self.png


@dataclass(frozen=True, eq=False)
class Comparison:
    """Plans side by side as tables; ``data`` is ``compare.json`` as it stands.

    In the tables a column with a plan's name holds its figures, ``difference`` (``difference <name>`` where
    there are several) its figure less the reference's, empty where the two can't be compared: ``why_not``
    says why.
    """

    data: ComparisonData = field(repr=False)
    sources: tuple[ComparedPlan, ...] = field(repr=False)
    language: Language = Language.ZH

    @property
    def warnings(self) -> list[Text]:
        """What is to be read before any figure."""
        return [remark.text for remark in self.data.warnings]

    @cached_property
    def inputs(self) -> pd.DataFrame:
        """Settings, files (by SHA-256) and versions that differ: ``kind``, ``item``, and a column a plan."""
        rows = [("setting", each.key, *each.values) for each in self.data.settings]
        rows += [(f"{each.kind} file", each.path, *each.sha256) for each in self.data.files]
        rows += [("version", each.key, *each.values) for each in self.data.versions]
        return pd.DataFrame(rows, columns=["kind", "item", *self._names])

    @cached_property
    def levels(self) -> pd.DataFrame:
        """Levels of the objective, each in its own unit, with bounds, gaps and what the bounds prove."""
        return self._table(
            self.data.levels,
            lambda row: {
                "level": row.level.value,
                "unit": row.unit,
                **self._by_plan("bound ", row.bounds),
                **self._by_plan("gap ", row.gaps),
                **self._by_other("proof", [verdict.value for verdict in row.verdicts]),
            },
        )

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """Coverage by function, year and basis: of ``counted <name>``, against ``target <name>``."""
        return self._table(
            self.data.coverage,
            lambda row: {
                "function": row.function,
                "year": row.year,
                "basis": row.basis.value,
                **self._by_plan("counted ", row.counted),
                **self._by_plan("target ", row.targets),
            },
        )

    @cached_property
    def radii(self) -> pd.DataFrame:
        """Persons with a provider within fixed walks: comparable also where service radii differ."""
        return self._table(
            self.data.radii,
            lambda row: {
                "function": row.function,
                "year": row.year,
                "radius_m": row.radius_m,
                **self._by_plan("counted ", row.counted),
            },
        )

    @cached_property
    def area_standard(self) -> pd.DataFrame:
        """Area standard by year: m² per 100 households, what is short of a tier, communities that meet it."""
        return self._table(self.data.area_standard, lambda row: {"year": row.year, "measure": row.measure})

    @cached_property
    def money(self) -> pd.DataFrame:
        """Money by year (none: the horizon) and source (none: all together), CNY."""
        return self._table(
            self.data.money, lambda row: {"year": row.year, "source": row.source, "item": row.item}
        ).astype({"year": "Int64"})

    @cached_property
    def communities(self) -> pd.DataFrame:
        """Function-years covered and person-years by community; what each other plan gains and loses."""
        names = self.data.names
        return self._table(
            self.data.communities,
            lambda row: {
                "town": names.towns.get(row.town_code, row.town_code),
                "community_code": row.community_code,
                "community": names.communities.get(row.community_code, row.community_code),
                **self._by_plan("person_years ", row.person_years),
                **self._by_other("gained", [", ".join(each) for each in row.gained]),
                **self._by_other("lost", [", ".join(each) for each in row.lost]),
            },
        )

    @cached_property
    def sites(self) -> geopandas.GeoDataFrame:
        """The ways in which sites differ from the reference, as points in WGS 84; areas usable m²."""
        table = pd.DataFrame(
            [row.model_dump(mode="json") for row in self.data.sites], columns=list(SiteRow.model_fields)
        )
        for column in ("functions_reference", "functions"):
            table[column] = [", ".join(each) for each in table[column]]
        table = table.astype({"year_reference": "Int64", "year": "Int64"})
        places = {
            site.site_id: (site.longitude, site.latitude)
            for source in reversed(self.sources)
            for site in source.plan.sites
        }
        points = [places[site_id] for site_id in table["site_id"]]
        geometry = geopandas.points_from_xy([x for x, _ in points], [y for _, y in points], crs=WGS84)
        return geopandas.GeoDataFrame(table, geometry=geometry)

    @cached_property
    def maps(self) -> Picture:
        """The layouts side by side in one view."""
        return Picture(self._pictures["maps"])

    @cached_property
    def chart(self) -> Picture:
        """Coverage against the targets in the last common year.

        Raises:
            ValueError: the plans share no year.
        """
        if "coverage" not in self._pictures:
            raise ValueError("the plans share no year")
        return Picture(self._pictures["coverage"])

    def write(self, folder: str | Path) -> list[Path]:
        """Write the page, the Word report, the workbook, ``compare.csv`` and ``compare.json``; return them.

        Raises:
            OSError: a file can't be written.
        """
        files = writers_of(self.data, LEVEL_NAMES, self._pictures, self.language, Path(folder))
        Path(folder).mkdir(parents=True, exist_ok=True)
        for file, write in files.items():
            write(file)
        return list(files)

    def __repr__(self) -> str:
        return f"Comparison({', '.join(self._names)})"

    def _repr_html_(self) -> str:
        return glance(self.data, LEVEL_NAMES, self.language)

    @cached_property
    def _pictures(self) -> Pictures:
        return pictures_of(self.data, self.sources, self.language)

    @property
    def _names(self) -> list[str]:
        return [each.name for each in self.data.plans]

    def _by_plan(self, head: str, values: Sequence[Any]) -> dict[str, Any]:
        return {f"{head}{name}": value for name, value in zip(self._names, values, strict=True)}

    def _by_other(self, head: str, values: Sequence[Any]) -> dict[str, Any]:
        others = self._names[1:]
        heads = [head] if len(others) == 1 else [f"{head} {name}" for name in others]
        return dict(zip(heads, values, strict=True))

    def _table(self, rows: Sequence[RowT], keys: Callable[[RowT], dict[str, Any]]) -> pd.DataFrame:
        """Return a table with keys first, then the plans' figures, differences, the rest, and why not."""
        lines = []
        for row in rows:
            stated = keys(row)
            plain = {key: value for key, value in stated.items() if key in KEYS}
            rest = {key: value for key, value in stated.items() if key not in KEYS}
            said = dict.fromkeys(each.en for each in row.why_not if each is not None)
            figures = self._by_plan("", row.values) | self._by_other("difference", row.differences)
            lines.append(plain | figures | rest | {"why_not": "; ".join(said)})
        return pd.DataFrame(lines)


KEYS = frozenset(
    {
        "function",
        "year",
        "basis",
        "radius_m",
        "measure",
        "level",
        "unit",
        "source",
        "item",
        "town",
        "community_code",
        "community",
    }
)
"""Columns of a comparison's tables that say what a row is about."""
RowT = TypeVar("RowT", bound=Row)
