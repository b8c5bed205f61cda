"""Identifiers, division codes and scope: what the rows of the tables call each other by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from siteplan.case import Case, Community, Row
from siteplan.findings import Finding, error, warning
from siteplan.inputs.check.rows import at, sites_of
from siteplan.text import Text


def check_identifiers(case: Case) -> Iterator[Finding]:
    """Yield an error for every identifier that is used a second time."""
    yield from _repeated((row.town_code, "town_code", row) for row in case.towns)
    yield from _repeated((row.community_code, "community_code", row) for row in case.communities)
    yield from _repeated((row.demand_id, "demand_id", row) for row in case.demand_points)
    yield from _repeated((str(getattr(row, column)), column, row) for column, row in sites_of(case))


def _repeated(identifiers: Iterator[tuple[str, str, Row]]) -> Iterator[Finding]:
    first: dict[str, Row] = {}
    for identifier, column, row in identifiers:
        if identifier not in first:
            first[identifier] = row
            continue
        other = first[identifier].place
        file = other.file.name if other.file is not None else ""
        yield error(
            "duplicate-identifier",
            at(row, column),
            found=Text(
                zh=f"{identifier} 已用于 {file} 第 {other.row} 行",
                en=f"{identifier} again, first in {file}, row {other.row}",
            ),
            allowed=Text(
                zh="编号不重复（备选空间、项目、现有服务三个表之间也不重复）",
                en="each identifier once; sites, projects and existing services share one list",
            ),
            mend=Text(
                zh="改用新的编号，或删去重复的一行", en="give it another identifier, or remove one row"
            ),
        )


def check_codes(case: Case) -> Iterator[Finding]:
    """Yield an error for every code of a town or community that isn't in its table or has a wrong prefix."""
    yield from _check_division_codes(case)
    communities = {row.community_code: row.community_name for row in case.communities}
    for point in case.demand_points:
        if point.community_code not in communities:
            yield _unknown_community(point, "community_code", point.community_code, communities)
    for _, site in sites_of(case):
        if site.community_code not in communities:
            yield _unknown_community(site, "community_code", site.community_code, communities)
        for code in site.serves_communities:
            if code not in communities:
                yield _unknown_community(site, "serves_communities", code, communities)


def _check_division_codes(case: Case) -> Iterator[Finding]:
    """A town's code begins with the county's, a community's with its town's unless it is provisional."""
    towns = {town.town_code: town.town_name for town in case.towns}
    for town in case.towns:
        if not town.town_code.startswith(case.header.county_code):
            yield _wrong_prefix(town, "town_code", town.town_code, case.header.county_code)
    for community in case.communities:
        if community.town_code not in towns:
            yield _unknown_code(community, "town_code", community.town_code, towns, "towns.csv")
        elif not community.code_provisional and not community.community_code.startswith(community.town_code):
            yield _wrong_prefix(community, "community_code", community.community_code, community.town_code)


def _wrong_prefix(row: Row, column: str, code: str, prefix: str) -> Finding:
    return error(
        "code-prefix",
        at(row, column),
        found=Text.same(code),
        allowed=Text(zh=f"以 {prefix} 开头", en=f"a code that begins with {prefix}"),
        mend=Text(
            zh="核对统计用区划代码；社区尚无正式代码时将“代码暂定”写为“是”",
            en="compare with the statistical division codes; for a community without an official code "
            "set code_provisional to true",
        ),
    )


def _unknown_community(row: Row, column: str, code: str, communities: Mapping[str, str]) -> Finding:
    return _unknown_code(row, column, code, communities, "communities.csv")


def _unknown_code(row: Row, column: str, code: str, known: Mapping[str, str], table: str) -> Finding:
    return error(
        "unknown-code",
        at(row, column),
        found=Text.same(code),
        allowed=Text(zh=f"{table} 中的代码", en=f"a code of {table}"),
        mend=_meant(code, known)
        or Text(zh=f"改正代码，或在 {table} 中补充", en=f"correct the code, or add it to {table}"),
    )


def _meant(code: str, known: Mapping[str, str]) -> Text | None:
    codes = {**{known_code: known_code for known_code in known}, **{name: key for key, name in known.items()}}
    near = get_close_matches(code, codes, n=1, cutoff=0.75)
    if not near:
        return None
    meant = codes[near[0]]
    return Text(zh=f"是否应为 {meant}（{known[meant]}）？", en=f"did you mean {meant} ({known[meant]})?")


def check_scope(case: Case) -> Iterator[Finding]:
    """Yield warnings: communities in scope without demand points, demand points outside the scope."""
    peopled = {point.community_code for point in case.demand_points}
    scope = {row.community_code: row.in_scope for row in case.communities}
    for community in case.communities:
        if community.in_scope and community.community_code not in peopled:
            yield _unpeopled(community)
    for point in case.demand_points:
        if not scope.get(point.community_code, True):
            yield warning(
                "demand-outside-scope",
                at(point, "community_code"),
                found=Text(
                    zh=f"居民点 {point.demand_id} 属于不纳入的社区 {point.community_code}",
                    en=f"demand point {point.demand_id} is in {point.community_code}, which is out of scope",
                ),
                allowed=Text(zh="纳入社区的居民点", en="demand points of communities in scope"),
                mend=Text(
                    zh="它不计入任何数字；如应计入，把该社区的“是否纳入”改为“是”",
                    en="it counts in no figure; if it should, set in_scope of the community to true",
                ),
            )


def _unpeopled(community: Community) -> Finding:
    return warning(
        "community-without-demand",
        at(community, "in_scope"),
        found=Text(
            zh=f"{community.community_name}（{community.community_code}）没有居民点",
            en=f"{community.community_name} ({community.community_code}) has no demand points",
        ),
        allowed=Text(
            zh="纳入的社区至少有一个居民点", en="at least one demand point in every community in scope"
        ),
        mend=Text(
            zh="补充居民点，或把“是否纳入”改为“否”；否则该社区不计入覆盖率",
            en="add its demand points, or set in_scope to false; otherwise it counts in no coverage",
        ),
    )
