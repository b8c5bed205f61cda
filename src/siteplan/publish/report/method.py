"""Method, proof, data sources, assumptions, and what is illustrative."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from siteplan.case import DataStatus, Mode
from siteplan.outcome import UNITS
from siteplan.publish.report.manuscript import Align, Column, Manuscript
from siteplan.publish.report.sources import ReportSources
from siteplan.publish.report.summary import levels_table
from siteplan.publish.wording import clean, own_language
from siteplan.scenario import AssignmentRule
from siteplan.text import Text

STOPPED_BY = {
    "completed": Text("各级目标均已证明最优后结束", "every level is proven optimal"),
    "gap": Text("达到要求的差距后结束", "stopped at the gap asked for"),
    "work_limit": Text("达到搜索量上限后结束，重复运行结果相同", "stopped at its work limits; repeatable"),
    "time_limit": Text(
        "因时间限制结束，重复运行结果可能不同", "stopped by the time limit; another run may differ"
    ),
    "interrupted": Text("被人工中断，重复运行结果可能不同", "interrupted; another run may differ"),
}

TABLES = (
    ("towns", Text("镇街", "towns")),
    ("communities", Text("社区", "communities")),
    ("demand_points", Text("居民点", "demand points")),
    ("sites", Text("备选空间", "candidate sites")),
    ("projects", Text("名录项目", "committed projects")),
    ("existing_services", Text("现有服务", "existing services")),
)

FIELDS = {
    "target_percent": Text("2030年目标（%）", "target (%)"),
    "priority": Text("优先权重", "priority"),
    "service_radius_m": Text("服务半径（m）", "service radius (m)"),
    "minimum_alone_m2": Text("单设最小面积（m²）", "smallest area alone (m²)"),
    "minimum_in_complex_m2": Text("综合体内最小面积（m²）", "smallest area in a complex (m²)"),
    "maximum_m2": Text("最大面积（m²）", "largest area (m²)"),
    "capacity_persons_per_m2": Text("每平方米服务人数", "persons per m²"),
    "participation_rate": Text("参与率", "participation rate"),
    "fit_out_cost_cny_per_m2": Text("装修设备费（元/m²）", "fit-out (CNY/m²)"),
    "operating_cost_cny_per_m2_year": Text("运营费（元/m²·年）", "operating cost (CNY/m² a year)"),
    "fee_income_cny_per_m2_year": Text("收费收入（元/m²·年）", "fees (CNY/m² a year)"),
    "affordable_fee_cny_per_m2_year": Text("普惠收费上限（元/m²·年）", "affordable fee (CNY/m² a year)"),
    "subsidy_cny_per_m2_year": Text("运营补贴（元/m²·年）", "subsidy (CNY/m² a year)"),
}
"""Figures of a function in words."""

OTHERS = {
    "standards.usable_share_of_floor_area": Text("使用面积占建筑面积", "usable share of floor area"),
    "standards.scattered_maximum_functions": Text(
        "插花式最多功能数", "functions of a scattered site at most"
    ),
    "standards.coverage_threshold": Text(
        "社区算作可达的人口比例", "share of residents that makes a community reachable"
    ),
    "standards.target_baseline_year": Text("目标起算年", "year from which targets grow"),
    "standards.land_use_grace_years": Text("用地过渡期（年）", "land-use grace (years)"),
    "standards.snap_limit_m": Text("到道路的最大距离（m）", "farthest from a road (m)"),
    "standards.care_bed_share_of_elderly_room": Text(
        "护理床位占养老用房", "care beds' share of the elderly room"
    ),
    "standards.care_bed_area_m2": Text("每张护理床位面积（m²）", "area of a care bed (m²)"),
    "standards.service_area_strip_m": Text("步行范围条带半宽（m）", "half width of walking areas (m)"),
    "standards.service_area_smallest_hole_m2": Text(
        "步行范围忽略的空洞（m²）", "holes ignored in walking areas (m²)"
    ),
    "standards.far_from_mapped_way_m": Text("远离已测道路的界限（m）", "far from a mapped way (m)"),
}
"""Other figures in words, by place."""

HOSTING = {
    "highest_floor": Text("最高楼层", "highest floor"),
    "highest_floor_without_lift": Text("无电梯时最高楼层", "highest floor without a lift"),
    "basement_allowed": Text("可否设在地下（1可）", "basement allowed (1: yes)"),
    "needs_outdoor_space": Text("需要室外场地（1需要）", "needs outdoor space (1: yes)"),
    "needs_own_entrance": Text("需要独立出入口（1需要）", "needs an entrance of its own (1: yes)"),
    "needs_kitchen": Text("需要厨房（1需要）", "needs a kitchen (1: yes)"),
    "is_noisy": Text("有噪声（1是）", "is noisy (1: yes)"),
}
"""What a space needs, in words."""

BY_MODE = {
    "standards.lead_time_years": Text("办理和建设年数", "years of lead time"),
    "costs.opening_cost_cny_per_m2": Text("建设费（元/m²）", "cost of making ready (CNY/m²)"),
}
"""Figures by mode of construction, in words."""


def write(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write method, proof and data sources."""
    manuscript.heading(Text("方法、数据来源与适用范围", "Method, data and what they are good for"))
    _write_method(sources, manuscript)
    _write_assignment(sources, manuscript)
    _write_proof(sources, manuscript)
    _write_data(sources, manuscript)


ASSIGNMENT = {
    AssignmentRule.NEAREST_FIRST: Text(
        "容量未作为规则，只在统计时由近到远依次安排，有空位即占。",
        "Capacity is no rule of this plan: pairs are seated in the order of distance, for the figures alone.",
    ),
    AssignmentRule.MOST_SERVED: Text(
        "容量为规则，在服务半径内尽量多安排，其次步行总距离最短。",
        "Capacity is a rule: as many as possible have a place within the radius, then walks are shortest.",
    ),
    AssignmentRule.NEAREST_WITH_A_PLACE: Text(
        "容量为规则，较近的设施有空位时不去较远的，由近到远依次安排。",
        "Capacity is a rule: nobody passes a nearer site that has a place; pairs are seated by distance.",
    ),
}
"""What each way of assigning says."""


def _write_method(sources: ReportSources, manuscript: Manuscript) -> None:
    plan, problem = sources.plan, sources.problem
    percent = f"{100 * plan.threshold:g}"
    how = (
        Text(
            "下表各项目标按情景给出的权重相加后优化。",
            "the sum of the objectives below by the scenario's weights is optimised.",
        )
        if problem.weights
        else Text("按下表各级目标依次优化。", "the objective levels below are optimised in turn.")
    )
    manuscript.heading(Text("方法", "Method"), 2)
    manuscript.paragraph(
        Text(
            "沿路网计算各居民点到各备选空间的步行距离（不是直线距离），以整数规划在预算、推进速度、面积和建设条件等规则之内"
            "决定哪处空间哪年开放、设哪些功能、各多大面积；" + how.zh,
            "Walking distances follow the road network, not straight lines. An integer program"
            " decides which space"
            " opens when, with which functions and how much area, within budget, pace, area and"
            " hosting rules; " + how.en,
        )
    )
    radii = sorted({function.service_radius_m for function in problem.functions.values()})
    metres = sources.names(f"{radius:g}" for radius in radii)
    manuscript.paragraph(
        Text(
            f"四种口径：可达口径，有一处设施在服务半径内覆盖社区目标人群的{percent}%以上；设置口径，社区内有该设施或有设施"
            "声明服务该社区；人口口径，目标人群中服务半径内有设施的人数；供给口径，"
            f"其中有位的人数。服务半径取{metres} m，"
            "方案未规定，属假定。",
            f"Bases: reachable, one site within the radius of at least {percent} % of a"
            " community's target group;"
            " established, a site in the community or declared to serve it; residents, persons"
            " with a site within"
            f" the radius; served, those of them who have a place. Radii are {metres} m: the"
            " county's plan gives"
            " none, they are assumptions.",
        )
    )


def _write_assignment(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write by which rule or convention the plan says who uses which site."""
    rule = sources.plan.assignment_rule
    manuscript.paragraph(
        Text(
            f"居民与设施的对应按“{rule.text.zh}”：{ASSIGNMENT[rule].zh}",
            f"Who uses which site: {rule.text.en}. {ASSIGNMENT[rule].en}",
        )
    )


def _write_proof(sources: ReportSources, manuscript: Manuscript) -> None:
    manuscript.heading(Text("结果质量", "Quality of the result"), 2)
    stopped = STOPPED_BY[sources.plan.stopped_by]
    manuscript.paragraph(
        Text(
            f"计算{stopped.zh}。“理论界”为规则之内任何方案都不可能越过的值；仅差距为0的写“已证最优”。",
            f"The search: {stopped.en}. The bound is what no plan within the rules can beat; only"
            " a gap of 0 is"
            " called optimal.",
        )
    )
    levels_table(sources, manuscript, dict(UNITS))


def _write_data(sources: ReportSources, manuscript: Manuscript) -> None:
    manuscript.heading(Text("数据来源和示例数据", "Data, and what is illustrative"), 2)
    notes = " ".join(sources.case.header.notes.split())
    if notes:
        manuscript.paragraph(own_language(clean(notes), sources.language))
    manuscript.table(
        Text("各表记录的数据状态（条）", "Records by data status"),
        (
            Column(Text("表", "Table"), 2.0),
            *(Column(status.text, 1.0, Align.RIGHT) for status in DataStatus),
        ),
        [
            (sources.say(name), *_statuses(row.data_status for row in getattr(sources.case, table)))
            for table, name in TABLES
        ],
    )
    manuscript.table(
        Text("计算所用输入文件及校验码", "Input files and their checksums"),
        (Column(Text("文件", "File"), 2.4), Column(Text("SHA-256 前16位", "SHA-256, first 16 digits"), 1.4)),
        [(file.path, file.sha256[:16]) for file in sources.record.inputs],
    )
    version = sources.record.packages.get("siteplan", "")
    manuscript.note(
        Text(
            f"计算程序 siteplan {version}；逐项复核：siteplan verify。",
            f"Made by siteplan {version}; `siteplan verify` recomputes every figure.",
        )
    )


def _statuses(found: Iterable[DataStatus]) -> list[str]:
    counted = Counter(found)
    return [str(counted[status]) for status in DataStatus]


def write_assumptions(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write every figure of the policy that rests on an assumption."""
    assumed = sources.policy.assumptions()
    total = sum(1 for _ in sources.policy.figures())
    manuscript.heading(Text("假定的数字", "Figures that are assumed"), on_new_page=True)
    manuscript.paragraph(
        Text(
            f"模型所用政策和费用数字共{total}个，其中{len(assumed)}个没有公开依据，属假定，列于下表；核定后应替换并重新计算。",
            f"Of {total} figures of policy and cost, {len(assumed)} have no published source and are assumed;"
            " replace them once they are settled, and solve again.",
        )
    )
    manuscript.table(
        Text("假定清单", "Assumptions"),
        (
            Column(Text("项目", "Figure"), 2.6),
            Column(Text("取值", "Value"), 0.8, Align.RIGHT),
            Column(Text("说明", "Note"), 3.4),
        ),
        [
            (_place(sources, place), f"{figure.value:g}", own_language(figure.note, sources.language))
            for place, figure in assumed.items()
        ],
    )


def _place(sources: ReportSources, place: str) -> str:
    """Return the place of a figure in words where they are known, else as it stands in the model."""
    if place in OTHERS:
        return sources.say(OTHERS[place])
    before, _, name = place.rpartition(".")
    function = before.rpartition(".")[2]
    if function in sources.problem.functions:
        words = FIELDS.get(name) or HOSTING.get(name) or Text.same(name)
        of = sources.problem.functions[function].name
        return sources.say(Text(f"{of.zh}：{words.zh}", f"{of.en}: {words.en}"))
    if before in BY_MODE and name in set(Mode):
        mode = Mode(name).text
        return sources.say(Text(f"{mode.zh}：{BY_MODE[before].zh}", f"{mode.en}: {BY_MODE[before].en}"))
    return place
