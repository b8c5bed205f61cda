"""Present state: what operates or is decided before the horizon, what it covers, what the targets ask."""

from __future__ import annotations

from siteplan.outcome.coverage import covered_communities
from siteplan.outcome.provision import providing_sites
from siteplan.plan import Decisions, PlannedSite
from siteplan.publish.labels import ROLES
from siteplan.publish.report.manuscript import Align, Column, Manuscript
from siteplan.publish.report.sources import ReportSources
from siteplan.publish.wording import clean, name, whole
from siteplan.scenario import Basis
from siteplan.text import Text

NOTHING_NEW = Decisions({}, {}, {}, {})


def write(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write the present state and its gaps."""
    manuscript.heading(Text("现状与差距", "Present state and gaps"))
    _write_counts(sources, manuscript)
    manuscript.heading(Text("现有服务和已列入名录的项目", "Existing services and committed projects"), 2)
    _write_sites(sources, manuscript)
    manuscript.heading(Text("现有覆盖与目标的差距", "Present coverage and the targets"), 2)
    _write_gaps(sources, manuscript)
    _write_excluded(sources, manuscript)


def _write_counts(sources: ReportSources, manuscript: Manuscript) -> None:
    problem, case = sources.problem, sources.case
    households = sum(problem.households(code, sources.plan.years[0]) for code in sources.in_scope)
    outside = len(problem.communities) - len(sources.in_scope)
    zh_outside = f"，另有{outside}个社区不纳入统计，各表中不涉及" if outside else ""
    en_outside = f"; {outside} more are not concerned" if outside else ""
    manuscript.paragraph(
        Text(
            f"本方案统计{len(sources.in_scope)}个社区、{whole(households)}户（{sources.plan.years[0]}年）"
            f"{zh_outside}。现有服务和此前建成的名录项目共{len(sources.already_there)}处；"
            f"可供选用的备选空间{len(case.sites)}处。",
            f"The plan counts {len(sources.in_scope)} communities with {whole(households)} households in"
            f" {sources.plan.years[0]}{en_outside}. {len(sources.already_there)} services operate or are"
            f" completed before; {len(case.sites)} spaces are candidates.",
        )
    )


def _write_sites(sources: ReportSources, manuscript: Manuscript) -> None:
    def row(site: PlannedSite) -> tuple[str, ...]:
        return (
            name(site.name),
            sources.community(site.community_code),
            sources.say(ROLES[site.role]),
            whole(site.floor_area_m2),
            sources.functions_of(site),
            sources.say(site.data_status.text),
        )

    manuscript.table(
        Text("规划期前已有的设施", "Facilities in place before the horizon"),
        (
            Column(Text("名称", "Name"), 3.0),
            Column(Text("社区", "Community"), 1.5),
            Column(Text("来源", "Kind"), 1.3, Align.CENTRE),
            Column(Text("建筑面积（m²）", "Floor area (m²)"), 1.4, Align.RIGHT),
            Column(Text("服务项目", "Functions"), 3.2),
            Column(Text("数据", "Data"), 0.8, Align.CENTRE),
        ),
        [row(site) for site in sources.already_there],
    )


def _write_gaps(sources: ReportSources, manuscript: Manuscript) -> None:
    problem, last = sources.problem, sources.last_year
    first = sources.plan.years[0]
    basis = sources.plan.basis if sources.plan.basis.counts_communities else Basis.REACHABLE
    providing = providing_sites(problem, NOTHING_NEW)
    rows = []
    for key in problem.functions:
        counted = problem.counted_communities(key, first)
        covered = covered_communities(problem, providing, basis, key, first)
        missing = [code for code in counted if code not in covered]
        figure = sources.figure(key, last, basis)
        target = None if figure is None else figure.target
        rows.append(
            (
                sources.function(key),
                _n_of_m(sources, len(covered), len(counted)),
                "—" if target is None else whole(target),
                sources.communities(missing),
            )
        )
    manuscript.paragraph(
        Text(
            f"下表按{basis.text.zh}统计：若规划期内不新开任何设施，{first}年各项功能覆盖的社区数。",
            f"On the basis '{basis.text.en}': the communities covered in {first} if nothing opens.",
        )
    )
    manuscript.table(
        Text("现有设施的覆盖情况", "Coverage by what is there"),
        (
            Column(Text("功能", "Function"), 1.3),
            Column(Text("已覆盖/应覆盖", "Covered / counted"), 1.0, Align.CENTRE),
            Column(Text(f"{last}年目标（社区）", f"Target of {last} (communities)"), 1.0, Align.CENTRE),
            Column(Text("尚未覆盖的社区", "Communities not covered"), 4.5),
        ),
        rows,
    )


def _write_excluded(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write the spaces that may hold nothing at all, for safety or want of consent, where there are any."""
    functions = len(sources.problem.functions)
    rows = [
        (each.site_id, name(each.name), clean(sources.say(Text(each.reason_zh, each.reason_en))))
        for each in sources.plan.excluded_sites
        if len(each.functions) == functions
    ]
    if not rows:
        return
    manuscript.heading(Text("不能选用的备选空间", "Candidate spaces that can't be used"), 2)
    manuscript.paragraph(
        Text(
            "下列空间因安全避让、未取得同意等原因不能设任何功能；只是不能设某几类功能的空间及原因见工作簿“不宜空间”。",
            "These spaces may hold nothing, for safety, want of consent or the like; the workbook's sheet"
            " 'Excluded' lists those that may not hold single functions.",
        )
    )
    manuscript.table(
        Text("不能选用的备选空间及原因", "Spaces that can't be used, and why"),
        (
            Column(Text("编号", "Id"), 0.8),
            Column(Text("空间", "Space"), 3.0),
            Column(Text("原因", "Reason"), 3.2),
        ),
        rows,
    )


def _n_of_m(sources: ReportSources, covered: int, counted: int) -> str:
    return sources.say(Text("不涉及", "not concerned")) if counted == 0 else f"{covered}/{counted}"
