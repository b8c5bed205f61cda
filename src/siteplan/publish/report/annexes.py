"""The county's own tables: the list of projects (项目名单, annex 3) and the sheet for joint review."""

from __future__ import annotations

from collections.abc import Mapping

from siteplan.case import CandidateSite, CommittedProject
from siteplan.plan import PlannedSite
from siteplan.problem import Role
from siteplan.publish.report.duties import REVIEWING_BUREAUS
from siteplan.publish.report.manuscript import Align, Column, Manuscript
from siteplan.publish.report.sources import ReportSources
from siteplan.publish.wording import TO_BE_SUPPLIED, clean, whole
from siteplan.text import Text


def write_project_list(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write the list of projects in the eight columns of annex 3."""
    manuscript.heading(Text("项目名单", "List of projects"), on_new_page=True)
    manuscript.paragraph(
        Text(
            "按方案附件3的八栏列出已列入名录的项目和规划期内拟开放的设施。“建设规模”为建筑面积；拟列级别为备选空间表所填，"
            "以主管部门公布的项目名录为准。",
            "In the eight columns of annex 3: the committed projects, and the sites that open"
            " within the horizon."
            " Size is floor area; the level of a candidate is the one in its table, the published"
            " list prevails.",
        )
    )
    projects = {row.project_id: row for row in sources.case.projects}
    candidates = {row.site_id: row for row in sources.case.sites}
    listed = [site for site in sources.already_there if site.role is Role.COMMITTED]
    listed.sort(key=lambda site: (_project_year(site, projects), site.site_id))
    rows = [
        (str(number), *_project(sources, site, projects, candidates))
        for number, site in enumerate((*listed, *sources.opened), start=1)
    ]
    manuscript.table(
        Text("城市社区嵌入式服务设施建设项目名单", "Projects of embedded community services"),
        (
            Column(Text("序号", "No."), 0.6, Align.CENTRE),
            Column(Text("建设年度", "Year"), 0.8, Align.CENTRE),
            Column(Text("镇街", "Town"), 1.2),
            Column(Text("社区", "Community"), 1.5),
            Column(Text("建设形式", "Form"), 0.9, Align.CENTRE),
            Column(Text("建设规模（m²）", "Size (m²)"), 1.0, Align.RIGHT),
            Column(Text("建设内容", "Content"), 2.6),
            Column(Text("项目级别", "Level"), 0.9, Align.CENTRE),
        ),
        rows,
    )


def _project_year(site: PlannedSite, projects: Mapping[str, CommittedProject]) -> int:
    project = projects.get(site.site_id)
    return site.open_from if project is None else project.year


def _project(
    sources: ReportSources,
    site: PlannedSite,
    projects: Mapping[str, CommittedProject],
    candidates: Mapping[str, CandidateSite],
) -> tuple[str, ...]:
    project, candidate = projects.get(site.site_id), candidates.get(site.site_id)
    content, level = TO_BE_SUPPLIED, TO_BE_SUPPLIED
    if project is not None:
        content = Text.same(project.progress) if project.progress else content
        level = project.level.text
    elif candidate is not None:
        content, level = candidate.mode.text, candidate.project_level.text
    functions = sources.functions_of(site)
    words = sources.say(content)
    return (
        str(_project_year(site, projects)),
        sources.town(site.town_code),
        sources.community(site.community_code),
        "—" if site.form is None else sources.say(site.form.text),
        whole(site.floor_area_m2),
        sources.say(Text(f"{clean(words)}；{functions}", f"{clean(words)}; {functions}")),
        sources.say(level),
    )


def write_joint_review(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write the sheet that bureaus and towns fill in at the joint review."""
    manuscript.heading(Text("联评联审意见表", "Sheet for joint review"), on_new_page=True)
    manuscript.paragraph(
        Text(
            "依据方案附件2-12，由有关部门和镇街联评联审。参审部门以方案所列为准；项目审批权限方案五（四）写为县政府、"
            "附件2-13写为县发改委，按县里最终口径。",
            "Annex 2-12: bureaus and towns review jointly. The plan's own list of bureaus"
            " prevails. Approval of"
            " projects: section 5(4) names the county government, annex 2-13 the development"
            " bureau; the county"
            " has the last word.",
        )
    )
    towns = list(dict.fromkeys(sources.town(site.town_code) for site in sources.opened))
    units = [*(sources.say(bureau) for bureau in REVIEWING_BUREAUS), *towns]
    manuscript.sheet(
        Text("联评联审意见", "Opinions of the joint review"),
        (
            Column(Text("单位", "Unit"), 2.2),
            Column(Text("意见", "Opinion"), 4.0),
            Column(Text("签字（盖章）", "Signature"), 1.6),
            Column(Text("日期", "Date"), 1.2),
        ),
        [(unit, "", "", "") for unit in units],
    )
