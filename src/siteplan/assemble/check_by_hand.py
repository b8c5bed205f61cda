"""Can what a planner fixes by hand be done? Said before anything is solved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from siteplan.assemble.by_hand import communities_named
from siteplan.case import Case, Consent, Form
from siteplan.findings import Finding, YamlPath, error, warning
from siteplan.inputs.yaml_source import closest
from siteplan.problem import Problem, Role, Site
from siteplan.scenario import Commitment, LoadedScenario, Prohibition, Requirement
from siteplan.text import Text

SITES_NAMED = 5
"""So many sites at most are named in one finding."""


def check_by_hand(problem: Problem, case: Case, loaded: LoadedScenario) -> list[Finding]:
    """Return every fault of the scenario's ``commit``, ``forbid`` and ``require``, with its line."""
    check = _ByHand(problem, case, loaded)
    scenario = loaded.scenario
    findings = [finding for key, entry in scenario.commit.items() for finding in check.commit(key, entry)]
    findings += check.pace()
    findings += [finding for key, entry in scenario.forbid.items() for finding in check.forbid(key, entry)]
    findings += [finding for key, entry in scenario.require.items() for finding in check.require(key, entry)]
    return findings


class _ByHand:
    def __init__(self, problem: Problem, case: Case, loaded: LoadedScenario) -> None:
        self._problem = problem
        self._loaded = loaded
        self._rows = {row.site_id: row for row in case.sites}

    # --- commit ---

    def commit(self, key: str, entry: Commitment) -> Iterator[Finding]:
        path: YamlPath = ("commit", key)
        site = self._problem.sites.get(entry.site)
        if site is None:
            yield self._unknown_site(entry.site, (*path, "site"))
        elif site.role is not Role.CANDIDATE:
            yield self._not_free(site, (*path, "site"))
        else:
            yield from self._consent(site, (*path, "site"))
            yield from self._availability(site, entry, (*path, "year"))
            yield from self._hosting(site, entry.functions, (*path, "functions"))
            yield from self._form(site, entry, path)
            yield from self._room(site, entry, (*path, "functions"))

    def _unknown_site(self, site_id: str, path: YamlPath) -> Finding:
        near = closest(site_id, self._problem.sites)
        return error(
            "unknown-site",
            self._loaded.place_of(path),
            found=Text(f"没有点位“{site_id}”", f"there is no site `{site_id}`"),
            allowed=Text("案例各表中的点位编号", "the id of a site in the case's tables"),
            mend=Text(f"是不是 {near}？", f"did you mean `{near}`?")
            if near
            else Text("对照 sites.csv 改正编号", "correct the id after sites.csv"),
        )

    def _not_free(self, site: Site, path: YamlPath) -> Finding:
        what = (
            Text("已列入名录的项目", "a committed project")
            if site.role is Role.COMMITTED
            else Text("现有服务", "an existing service")
        )
        return error(
            "not-a-candidate",
            self._loaded.place_of(path),
            found=Text(f"{site.site_id} 是{what.zh}", f"{site.site_id} is {what.en}"),
            allowed=Text("sites.csv 中的备选空间", "a candidate site of sites.csv"),
            mend=Text(
                "删去这一项；项目的年份和功能在 projects.csv 中改",
                "delete the entry; a project's year and functions are changed in projects.csv",
            ),
        )

    def _consent(self, site: Site, path: YamlPath) -> Iterator[Finding]:
        consent = self._consent_for(site)
        if consent is Consent.AGREED:
            return
        label = Consent.labels()[consent]
        yield error(
            "commit-without-consent",
            self._loaded.place_of(path),
            found=Text(
                f"{site.site_id} 的意见征求为“{label}”", f"consent for {site.site_id} is {consent.value}"
            ),
            allowed=Text(
                "只有“已同意”的空间才能人工确定（四（三））",
                "only sites whose owners and residents have agreed",
            ),
            mend=Text(
                "先征得同意并改表中的“意见征求”，或删去这一项",
                "obtain consent and update the column, or delete the entry",
            ),
        )

    def _consent_for(self, site: Site) -> Consent:
        """Return the consent for a candidate; an existing service that is converted has it."""
        row = self._rows.get(site.site_id)
        return Consent.AGREED if row is None else row.consent

    def _availability(self, site: Site, entry: Commitment, path: YamlPath) -> Iterator[Finding]:
        if entry.year >= site.available_from:
            return
        why = site.available_because or Text("可用年份", "its first year")
        yield error(
            "commit-before-available",
            self._loaded.place_of(path),
            found=Text(
                f"{site.site_id} 在 {entry.year} 年还不能启用（{why.zh}）",
                f"{site.site_id} can't be open in {entry.year} yet ({why.en})",
            ),
            allowed=Text(f"{site.available_from} 年起", f"{site.available_from} or later"),
            mend=Text(
                "推迟年份，或核对表中的“可用年份”",
                "commit to a later year, or check the site's year_available",
            ),
        )

    def _hosting(self, site: Site, functions: tuple[str, ...], path: YamlPath) -> Iterator[Finding]:
        if self._consent_for(site) is Consent.REFUSED:
            return
        for number, key in enumerate(functions):
            if key in site.may_host or key not in self._problem.functions:
                continue
            name, reason = self._problem.functions[key].name, site.why_not[key]
            yield error(
                "commit-unsuitable-function",
                self._loaded.place_of((*path, number)),
                found=Text(
                    f"{site.site_id} 不能设{name.zh}：{reason.zh}",
                    f"{site.site_id} can't host {name.en}: {reason.en}",
                ),
                allowed=self._names(site.may_host),
                mend=Text("换一处空间或换功能", "name another site or function"),
            )

    def _form(self, site: Site, entry: Commitment, path: YamlPath) -> Iterator[Finding]:
        standard = self._problem.form_standard
        if standard is None:
            return
        hosted_standard = sum(self._problem.functions[key].is_standard for key in site.may_host)
        may_be_complex = (
            site.floor_area_m2 >= standard.minimum_floor_area_m2
            and len(site.may_host) >= standard.minimum_functions
            and hosted_standard >= standard.minimum_standard_functions
        )
        needs_complex = len(set(entry.functions)) > standard.scattered_maximum_functions
        place = self._loaded.place_of((*path, "form" if entry.form is not None else "functions"))
        if (entry.form is Form.COMPLEX or needs_complex) and not may_be_complex:
            yield error(
                "commit-cannot-be-complex",
                place,
                found=Text(
                    f"{site.site_id}（建筑面积 {site.floor_area_m2:g} m²，可设 {len(site.may_host)} 类功能）"
                    "不能作综合体",
                    f"{site.site_id} ({site.floor_area_m2:g} m² floor area, {len(site.may_host)} possible "
                    "functions) can't be a complex",
                ),
                allowed=Text(
                    f"综合体至少 {standard.minimum_floor_area_m2:g} m²、{standard.minimum_functions} 类功能；"
                    f"插花至多 {standard.scattered_maximum_functions} 类",
                    f"a complex of at least {standard.minimum_floor_area_m2:g} m² and "
                    f"{standard.minimum_functions} functions; scattered, at most "
                    f"{standard.scattered_maximum_functions}",
                ),
                mend=Text("减少功能，或换一处空间", "commit fewer functions, or another site"),
            )
        elif entry.form is Form.SCATTERED and needs_complex:
            yield error(
                "commit-too-many-functions",
                place,
                found=Text(
                    f"插花点位指定了 {len(set(entry.functions))} 类功能",
                    f"{len(set(entry.functions))} functions of a scattered site",
                ),
                allowed=Text(
                    f"插花至多 {standard.scattered_maximum_functions} 类",
                    f"at most {standard.scattered_maximum_functions}",
                ),
                mend=Text("减少功能，或删去 form", "commit fewer functions, or leave the form out"),
            )

    def _room(self, site: Site, entry: Commitment, path: YamlPath) -> Iterator[Finding]:
        """The functions fit into the site at their smallest areas, each sharing group once."""
        rooms: dict[str, float] = {}
        for key in set(entry.functions) & set(self._problem.functions):
            function = self._problem.functions[key]
            alone = entry.form is Form.SCATTERED
            smallest = function.minimum_alone_m2 if alone else function.minimum_in_complex_m2
            rooms[function.room_group] = max(smallest, rooms.get(function.room_group, 0.0))
        needed = sum(rooms.values())
        if needed > site.usable_area_m2:
            yield error(
                "commit-does-not-fit",
                self._loaded.place_of(path),
                found=Text(
                    f"这些功能至少需要 {needed:.0f} m²，{site.site_id} 可用 {site.usable_area_m2:.0f} m²",
                    f"the functions need {needed:.0f} m², {site.site_id} has {site.usable_area_m2:.0f} m²",
                ),
                allowed=Text("使用面积放得下的功能", "functions that fit into the usable area"),
                mend=Text("减少功能，或换一处空间", "commit fewer functions, or another site"),
            )

    def pace(self) -> Iterator[Finding]:
        """Openings committed by hand count towards the pace: more than it allows can't be done."""
        pace = self._problem.pace
        opened = Counter(
            (entry.year, place)
            for entry in self._loaded.scenario.commit.values()
            if entry.site in self._problem.sites and entry.year in self._problem.years
            for place in ("", self._problem.sites[entry.site].town_code)
        )
        for (year, town), count in sorted(opened.items()):
            limit = pace.sites_per_year_and_town if town else pace.sites_per_year
            if limit is not None and count > limit:
                yield error(
                    "commit-above-pace",
                    self._loaded.place_of(("commit",)),
                    found=Text(
                        f"{year} 年{'镇街 ' + town if town else ''}人工确定 {count} 处",
                        f"{count} sites are committed to {year}{' in town ' + town if town else ''}",
                    ),
                    allowed=Text(f"pace 允许 {limit} 处", f"the pace allows {limit}"),
                    mend=Text("分到几年，或放宽 pace", "spread them over the years, or raise the pace"),
                )

    # --- forbid ---

    def forbid(self, key: str, entry: Prohibition) -> Iterator[Finding]:
        path: YamlPath = ("forbid", key)
        site = self._problem.sites.get(entry.site)
        if site is None:
            yield self._unknown_site(entry.site, (*path, "site"))
        elif site.is_decided or (site.role is Role.COMMITTED and not entry.functions):
            yield self._not_free(site, (*path, "site"))
        else:
            for number, function in enumerate(entry.functions):
                place = self._loaded.place_of((*path, "functions", number))
                if site.role is Role.COMMITTED and function in site.required_functions:
                    yield error(
                        "forbids-what-is-required",
                        place,
                        found=Text(
                            f"{function} 是 {site.site_id} 的必设功能",
                            f"{function} is a required function of {site.site_id}",
                        ),
                        allowed=Text("其他功能", "its other functions"),
                        mend=Text("删去，或改 projects.csv", "delete it, or change projects.csv"),
                    )
                elif function in site.why_not:
                    reason = site.why_not[function]
                    yield warning(
                        "forbids-the-impossible",
                        place,
                        found=Text(
                            f"{site.site_id} 本来就不能设 {function}：{reason.zh}",
                            f"{site.site_id} can't host {function} anyway: {reason.en}",
                        ),
                        allowed=Text("该点位可设的功能", "functions that it may host"),
                        mend=Text("可删去", "the entry may be deleted"),
                    )

    # --- require ---

    def require(self, key: str, entry: Requirement) -> Iterator[Finding]:
        problem = self._problem
        codes = communities_named(problem.communities, entry)
        place = self._loaded.place_of(("require", key, "community"))
        if len(codes) != 1:
            yield self._unknown_community(key, entry, codes)
            return
        code = codes[0]
        if not problem.communities[code].in_scope:
            yield error(
                "community-out-of-scope",
                place,
                found=Text(f"{entry.community} 未纳入规划", f"{entry.community} is not in scope"),
                allowed=Text("纳入规划的社区", "a community in scope"),
                mend=Text("改 communities.csv 的“是否纳入”，或删去", "change in_scope, or delete the entry"),
            )
            return
        if entry.function not in problem.functions:
            return
        years = [
            year
            for year in problem.years
            if year >= entry.by and code in problem.counted_communities(entry.function, year)
        ]
        if not years:
            yield warning(
                "requirement-of-nobody",
                self._loaded.place_of(("require", key)),
                found=Text(
                    f"{entry.by} 年起至规划期末，该社区没有此功能的目标人群或已出规划期",
                    f"from {entry.by} on nobody in the community needs it within the horizon",
                ),
                allowed=Text("规划期内有目标人群的功能", "a function that somebody needs within the horizon"),
                mend=Text("可删去", "the entry may be deleted"),
            )
        for year in years:
            reason = self._why_unmet(code, entry.function, year)
            if reason is not None:
                yield error(
                    "requirement-cannot-be-met",
                    self._loaded.place_of(("require", key)),
                    found=reason,
                    allowed=Text(
                        "至少一处点位能在该年覆盖该社区",
                        "at least one site that can cover the community by then",
                    ),
                    mend=Text(
                        "推迟 by、补充备选空间，或改变挡住它的规定",
                        "require it later, add a space to sites.csv, or change what rules it out",
                    ),
                )
                return

    def _unknown_community(self, key: str, entry: Requirement, codes: tuple[str, ...]) -> Finding:
        communities = self._problem.communities
        near = closest(entry.community, [*communities, *(row.name for row in communities.values())])
        found = (
            Text(f"有 {len(codes)} 个社区叫“{entry.community}”", f"{len(codes)} are called {entry.community}")
            if codes
            else Text(f"没有社区“{entry.community}”", f"there is no community `{entry.community}`")
        )
        return error(
            "unknown-community",
            self._loaded.place_of(("require", key, "community")),
            found=found,
            allowed=Text("communities.csv 中的代码或名称", "a code or name of communities.csv"),
            mend=Text(f"是不是 {near}？", f"did you mean `{near}`?")
            if near and not codes
            else Text("写 12 位代码（加引号）", "write the 12-digit code, in quotes"),
        )

    def _why_unmet(self, community: str, function: str, year: int) -> Text | None:
        """Return why no site can cover the community with the function in the year; None if one can."""
        problem = self._problem
        reasons: list[Text] = []
        for key in problem.covering_sites(community, function, year):
            site = problem.sites[key]
            opens = site.available_from if site.opens_in is None else site.opens_in
            if site.is_decided or (opens <= year and not problem.is_forbidden(key, function, year)):
                return None
            if opens > year:
                reasons.append(Text(f"{key} 最早 {opens} 年", f"{key} not before {opens}"))
            else:
                reasons.append(Text(f"{key} 被 forbid 禁止", f"{key} is forbidden by hand"))
        name, label = problem.functions[function].name, problem.communities[community].name
        if not reasons:
            reasons = [
                Text(f"{key}：{site.why_not[function].zh}", f"{key}: {site.why_not[function].en}")
                for key, site in problem.sites.items()
                if site.community_code == community and function in site.why_not
            ]
            head = Text(
                f"没有可设{name.zh}的点位能单独覆盖{label}",
                f"no site that may host {name.en} covers {label} by itself",
            )
        else:
            head = Text(
                f"{year} 年没有点位能为{label}提供{name.zh}", f"no site can give {label} {name.en} in {year}"
            )
        shown, more = reasons[:SITES_NAMED], " …" if len(reasons) > SITES_NAMED else ""
        if not shown:
            return head
        return Text(
            f"{head.zh}（{'；'.join(reason.zh for reason in shown)}{more}）",
            f"{head.en} ({'; '.join(reason.en for reason in shown)}{more})",
        )

    def _names(self, functions: frozenset[str]) -> Text:
        named = [self._problem.functions[key].name for key in self._problem.functions if key in functions]
        return Text("、".join(name.zh for name in named) or "无", ", ".join(n.en for n in named) or "none")
