"""Joint programmes against the sites: names that no site has, sites without a year."""

from __future__ import annotations

from collections.abc import Iterator

from siteplan.case import Case
from siteplan.findings import Finding, Place, error, warning
from siteplan.inputs.check.rows import at, names_of
from siteplan.inputs.yaml_source import closest
from siteplan.scenario import Scenario
from siteplan.text import Text


def check_joint_programmes(case: Case, scenario: Scenario | None) -> Iterator[Finding]:
    """Yield the faults of the scenario's joint programmes, and of the sites that are joined with them."""
    programmes = {} if scenario is None else scenario.joint_programmes
    named = {row.joint_programme for row in case.sites if row.joint_programme}
    first_key: dict[str, str] = {}
    for key, entry in programmes.items():
        other = first_key.setdefault(entry.programme, key)
        if other != key:
            yield _twice(key, other, entry.programme)
        if entry.programme not in named:
            yield _unknown(key, entry.programme, named)
    for row in case.sites:
        listed = first_key.get(row.joint_programme)
        if listed is not None and row.joint_programme_year is None and programmes[listed].year is None:
            yield error(
                "joint-programme-without-year",
                at(row, "joint_programme_year"),
                found=Text(
                    f"结合“{row.joint_programme}”，但没有年份",
                    f"joined with {row.joint_programme}, but in no year",
                ),
                allowed=Text("该项目实施到这处空间的年份", "the year in which the programme comes to it"),
                mend=Text(
                    f"填写“结合项目年份”，或在情景 joint_programmes.{listed}.year 写统一年份",
                    f"fill in the column, or state `joint_programmes.{listed}.year` for all of them",
                ),
            )
    if scenario is not None:
        yield from _too_early(case, scenario)


def _too_early(case: Case, scenario: Scenario) -> Iterator[Finding]:
    """Warn of sites whose programme comes before the space is available: it pays nothing then."""
    programmes = {entry.programme: entry for entry in scenario.joint_programmes.values()}
    late = [
        row.site_id
        for row in case.sites
        if row.joint_programme in programmes
        and (row.year_available or 0)
        > (row.joint_programme_year or programmes[row.joint_programme].year or LATER_THAN_ANY)
    ]
    if late:
        yield warning(
            "joint-programme-before-available",
            Place(yaml_path="joint_programmes"),
            found=Text(
                f"{len(late)} 处空间的可用年份晚于结合项目年份：{names_of(late)}",
                f"{len(late)} spaces are available only after their programme's year: {names_of(late)}",
            ),
            allowed=Text("可用年份不晚于结合项目年份", "available in the programme's year or before"),
            mend=Text(
                "核对两个年份；否则该项目不为它们出资",
                "check both years; as they are, the programme pays nothing for them",
            ),
        )


LATER_THAN_ANY = 10_000
"""Stands for an unknown year, which is reported on its own."""


def _twice(key: str, other: str, programme: str) -> Finding:
    return error(
        "joint-programme-twice",
        Place(yaml_path=f"joint_programmes.{key}"),
        found=Text(f"“{programme}”已在 {other} 中写过", f"{programme} is in `{other}` already"),
        allowed=Text("每个结合项目只写一次", "each programme once"),
        mend=Text("合并为一项", "make one entry of the two"),
    )


def _unknown(key: str, programme: str, named: set[str]) -> Finding:
    near = closest(programme, named)
    return error(
        "unknown-joint-programme",
        Place(yaml_path=f"joint_programmes.{key}.programme"),
        found=Text(f"没有备选空间结合“{programme}”", f"no candidate is joined with {programme}"),
        allowed=Text("sites.csv“结合项目”一列中的名称", "a name in the column joint_programme of sites.csv"),
        mend=Text(f"是不是“{near}”？", f"did you mean {near}?")
        if near
        else Text("改正名称，或删去这一项", "correct the name, or delete the entry"),
    )
