"""Whether ``plan.json`` is complete, and speaks of the sites, functions and years of the inputs."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pydantic import ValidationError

from siteplan.plan import Plan, PlannedSite
from siteplan.text import Text
from siteplan.verify.claims import Check, ClaimResult
from siteplan.verify.facts import Facts

SERIES = ("capital_cny_by_year", "operating_cny_by_year", "fees_cny_by_year", "subsidy_cny_by_year")
"""Members of a planned site that hold money by year."""
SCHEMA_CHECK = ("plan_schema", Text("plan.json 完整、格式正确", "plan.json is complete and well formed"))


def read_plan(document: str) -> tuple[Plan | None, tuple[ClaimResult, ...]]:
    """Return the plan written in ``document``, or None, and whether it has the schema it names."""
    check = Check(*SCHEMA_CHECK)
    doubled = _doubled_keys(document)
    for key in doubled:
        check.holds(False, key, Text("同一键出现两次", "the key is given twice"))
    try:
        plan = Plan.model_validate_json(document, strict=True)
    except ValidationError as failure:
        for error in failure.errors(include_url=False):
            path = _json_path(error["loc"])
            check.holds(False, path or "$", _fault(error["type"], error["msg"]))
        return None, check.results()
    check.holds(
        "schema" in json.loads(document), "schema", Text("缺少模式版本", "the schema version is missing")
    )
    return (None if check.failures else plan), check.results()


def structure_claims(facts: Facts, plan: Plan) -> tuple[ClaimResult, ...]:
    """Check that ids are known and appear once, and that every series is given for the right years."""
    check = Check(
        "plan_structure",
        Text("点位、功能和年份与输入一致", "sites, functions and years are those of the inputs"),
    )
    check.same("years", plan.years, facts.years)
    seen: set[str] = set()
    for number, site in enumerate(plan.sites):
        path = f"sites[{number}]"
        _known_once(check, f"{path}.site_id", site.site_id, facts.sites, seen)
        check.holds(
            site.open_from in facts.years,
            f"{path}.open_from",
            Text(f"{site.open_from} 不在规划期内", f"{site.open_from} is not a year of the plan"),
        )
        _series(check, path, facts, site)
    return check.results()


def _series(check: Check, path: str, facts: Facts, site: PlannedSite) -> None:
    functions: set[str] = set()
    for number, function in enumerate(site.functions):
        place = f"{path}.functions[{number}]"
        _known_once(check, f"{place}.function", function.function, facts.functions, functions)
        check.holds(
            function.from_year in facts.years,
            f"{place}.from_year",
            Text(f"{function.from_year} 不在规划期内", f"{function.from_year} is not a year of the plan"),
        )
        until = max(facts.years) + 1 if site.converted_in is None else site.converted_in
        provided = tuple(year for year in facts.years if function.from_year <= year < until)
        check.same(f"{place}.area_m2_by_year (years)", tuple(sorted(function.area_m2_by_year)), provided)
    groups: set[str] = set()
    for number, room in enumerate(site.rooms):
        place = f"{path}.rooms[{number}]"
        _known_once(check, f"{place}.room_group", room.room_group, facts.room_groups, groups)
        _years_of_the_plan(check, f"{place}.area_m2_by_year", room.area_m2_by_year, facts)
    for name in SERIES:
        check.same(f"{path}.{name} (years)", tuple(sorted(getattr(site, name))), facts.years)


def _years_of_the_plan(check: Check, path: str, years: Iterable[int], facts: Facts) -> None:
    for year in years:
        check.holds(
            year in facts.years,
            f"{path}.{year}",
            Text("不在规划期内", "is not a year of the plan"),
        )


def _known_once(check: Check, path: str, key: str, known: Iterable[str], seen: set[str]) -> None:
    check.holds(key in known, path, Text(f"{key} 不在输入数据中", f"{key} is not in the inputs"))
    check.holds(key not in seen, path, Text(f"{key} 出现两次", f"{key} appears twice"))
    seen.add(key)


def _json_path(location: Iterable[int | str]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def _doubled_keys(document: str) -> list[str]:
    doubled: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> dict[str, object]:
        keys = [key for key, _ in pairs]
        doubled.extend(sorted({key for key in keys if keys.count(key) > 1}))
        return dict(pairs)

    try:
        json.loads(document, object_pairs_hook=note)
    except (ValueError, RecursionError):
        # Not JSON at all: pydantic says so, with the place.
        return []
    return doubled


def _fault(kind: str, message: str) -> Text:
    """Return what is wrong with a value of the plan; pydantic's own words in English."""
    chinese = {
        "json_invalid": "不是完整的 JSON，文件可能被截断或改坏",
        "missing": "缺少这一项",
        "extra_forbidden": "多出这一项",
    }.get(kind, "格式不符")
    return Text(f"{chinese}（{message}）", message)
