"""The scenario with all rules of a generated case: money, switches, and what is a must.

Amounts, places and coverage follow from the calibration. What every community and town must have, and what
is fixed by hand, is chosen on the assembled problem, so that it is possible by a wide margin.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siteplan.assemble.problem import build_problem
from siteplan.bench.budget import Calibration, sites_a_year
from siteplan.bench.commented_yaml import Part, commented_yaml
from siteplan.bench.further_tables import PROGRAMMES
from siteplan.case import Case, Consent
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.scenario_files import load_scenario
from siteplan.network import WalkingAccess
from siteplan.problem import Function, Problem, Role, Site
from siteplan.scenario import CARE_BEDS
from siteplan.text import Text

ELDERLY, INFANT, MEALS, SPORTS, HEALTH = "elderly_care", "infant_care", "community_meals", "sports", "health"
CAP_OF_PROJECT_CNY, ADVANCE_SHARE = 1_200_000.0, 0.75
OPERATING_SHARE = 0.8
"""Limit of operating cost less fees as a share of the subsidies."""
PACE_SLACK, TOWN_PACE_SLACK, NEWLY_BUILT_SHARE = 1.15, 1.5, 0.1
COVERAGE_SHARE, PLACES_SHARE, TOWN_SHARE = 0.3, 0.4, 0.8
"""What is a must, as shares of what the greedy plan covers and has, and of what its worst town could have."""
MOST_FUNCTIONS_A_COMMUNITY, MOST_PERCENT_OF_A_TOWN, AREA_M2_PER_100_HOUSEHOLDS = 2, 25.0, 2.0
COMPLEX_PLACES = {CARE_BEDS: 5, INFANT: 16}
LARGEST_BY_HAND, COMPLEX_FIT_OUT_CNY = 0.2, 1_500_000.0
"""Share of all money that each thing fixed by hand may take, and about what fitting out a complex costs."""
JOINT_PROGRAMMES: Mapping[str, dict[str, Any]] = {
    "old-estates": {"programme": PROGRAMMES[0], "pays_share": 0.5, "pays_at_most_cny": 400_000},
    "quarter-hour-circle": {"programme": PROGRAMMES[1], "pays_at_most_cny": 200_000},
}
NOTHING = Text("", "")
OBJECTIVE = ("shortfall", "newly_built", "preferred_form", "persons_covered", "area_standard", "cost")


@dataclass(frozen=True, slots=True)
class Ground:
    """What the scenario is made from.

    ``case`` is the one with the tables that all rules need, ``access`` its walking distances; ``own_spaces``:
    the communities' own, surely usable spaces.
    """

    case: Case
    case_folder: Path
    access: WalkingAccess
    calibration: Calibration
    own_spaces: frozenset[str]
    years: tuple[int, ...]


def write_all_rules(base: Path, ground: Ground, title: Mapping[str, str], time_limit_s: float) -> None:
    """Write ``all-rules.yaml``, which extends ``base``, beside it."""
    place = f"../{ground.case_folder.name}"
    first = [*_money(ground, ground.calibration.subsidy_cny), *_switches(), *_standards()]
    problem = _assembled(base, ground, first)
    parts = [
        *_money(ground, _subsidy_cny(problem, ground)),
        _pace(problem, ground),
        *_targets(problem),
        *_switches(),
        *_musts(problem, ground),
        *_standards(),
        *_by_hand(problem, ground),
        Part("objective", NOTHING, list(OBJECTIVE)),
        Part("solver", NOTHING, {"time_limit_s": time_limit_s}),
    ]
    head = {"extends": base.name, "title": dict(title), "case": place}
    text = commented_yaml(_about(problem), head, parts)
    base.with_name("all-rules.yaml").write_text(text, encoding="utf-8")


def _assembled(base: Path, ground: Ground, parts: Sequence[Part]) -> Problem:
    """Return the problem of some parts of the scenario."""
    loaded = load_scenario(base, ground.case_folder, [{part.key: part.entries} for part in parts])
    return build_problem(
        ground.case, load_policy(loaded.model_folder, loaded), loaded.scenario, ground.access
    )


def _about(problem: Problem) -> Text:
    zh = (
        "全部规则：在两种口径的情景上打开全部可选规则，一项一节；数字由案例的测算得出，均为假定，用于测速。"
        "没有打开的：每百户养老面积底线（与综合体、插花的条件不能同用）；供给口径的目标（与覆盖底线不能同用）；"
        "规划期内的已列入项目（合成案例的项目都在规划期以前）。"
        "同一地块只用一次、安全避让没有开关，由本案例的表格和图层带来。"
    )
    en = (
        "All rules: every optional rule switched on, one part each. The numbers follow from the case's "
        "calibration; all are assumptions, for measuring. Left out are: a floor of elderly care in every "
        "community (excludes the conditions on form), targets on the basis `served` (don't go with floors of "
        "coverage), and committed projects within the horizon (those of a generated case open before it). "
        "Plots used once and exclusion zones have no switch: they come with the tables of this case."
    )
    if _can_ask_for_area(problem):
        return Text(zh, en)
    return Text(
        zh + "每百户面积底线也没有打开：有社区没有可用的空间。",
        en + " A floor of area is left out as well: some community has no usable space.",
    )


def _subsidy_cny(problem: Problem, ground: Ground) -> float:
    """Return the subsidies of the last state, CNY a year: of the greedy plan, and of what is a must besides.

    For the latter meals in every community, the rooms of the places, infant care fixed by hand, and as much
    elderly care as meets the loss of the sports that are a must.
    """
    share = problem.care_bed_share_of_elderly_room or 1.0
    infant, elderly, sports = (problem.functions[key] for key in (INFANT, ELDERLY, SPORTS))
    lossy_m2 = COVERAGE_SHARE * ground.calibration.sites_with[SPORTS] * sports.minimum_alone_m2
    areas_m2 = {
        MEALS: problem.functions[MEALS].minimum_alone_m2 * len(problem.communities),
        INFANT: _more_places(ground, INFANT) / infant.capacity_persons_per_m2 + 3.0 * infant.minimum_alone_m2,
        ELDERLY: _more_places(ground, CARE_BEDS) * problem.care_bed_area_m2 / share
        + lossy_m2 * _margin_cny(sports) / -max(_margin_cny(elderly), 1.0),
    }
    floor_per_usable = max(problem.sites[key].floor_per_usable for key in problem.planned_sites)
    return ground.calibration.subsidy_cny + floor_per_usable * sum(
        problem.functions[key].subsidy_cny_per_m2_year * area for key, area in areas_m2.items()
    )


def _more_places(ground: Ground, kind: str) -> float:
    """Return the places that are asked for beyond those that stay."""
    function = ELDERLY if kind == CARE_BEDS else kind
    return PLACES_SHARE * ground.calibration.sites_with[function] * COMPLEX_PLACES[kind]


def _money(ground: Ground, subsidy_cny: float) -> Iterator[Part]:
    """Yield money by source with conditions, and what bridges, subsidises and limits operation."""
    years = ground.years
    yearly_cny = ground.calibration.capital_cny / len(years)
    subsidy = {
        year + 1: _rounded(subsidy_cny * number / len(years)) for number, year in enumerate(years, start=1)
    }
    yield Part(
        "budget",
        Text(
            "资金按来源安排，各有条件；合计略多于测算额，因为有条件的资金用不满。",
            "Money by source, with conditions; in all a little more than the calibration's, as what has "
            "conditions can't all be spent.",
        ),
        {
            "sources": _sources(yearly_cny, years),
            "advance_cny": {year: _rounded(ADVANCE_SHARE * 0.2 * yearly_cny) for year in years},
            "subsidy_cny": subsidy,
            "operating_cny": {year: _rounded(OPERATING_SHARE * subsidy[year]) for year in years[1:]},
        },
    )
    yield Part(
        "functions",
        Text("普惠收费上限", "Affordable price"),
        {INFANT: {"affordable_fee_cny_per_m2_year": 750}},
    )
    joined = {site.joint_programme for site in ground.case.sites}
    yield Part(
        "joint_programmes",
        Text("结合项目分担建设费用", "Joint programmes pay part of the opening cost"),
        {key: entry for key, entry in JOINT_PROGRAMMES.items() if entry["programme"] in joined},
    )


def _sources(yearly_cny: float, years: Sequence[int]) -> dict[str, Any]:
    """Return the sources with what each has of a year's money; an award is paid a year later."""
    return {
        "central": _source("中央预算内投资（合成）", 0.3, yearly_cny, years)
        | {
            "eligible_levels": ["national", "municipal"],
            "eligible_modes": ["rebuild", "extend", "add"],
            "per_project_cap_cny": CAP_OF_PROJECT_CNY,
        },
        "provincial": _source("省级补助资金（合成）", 0.1, yearly_cny, years)
        | {
            "eligible_levels": ["national", "municipal"],
            "share_of_project_at_most": 0.3,
            "carry_over": False,
        },
        "municipal": _source("市级奖补资金（合成）", 0.2, yearly_cny, [year + 1 for year in years])
        | {"eligible_levels": ["municipal", "county"], "paid_after_years": 1},
        "retirees_fund": _source("专项资金（合成）", 0.1, yearly_cny, years)
        | {"eligible_functions": [ELDERLY, "culture"]},
        "operator": _source("运营主体自筹（合成）", 0.1, yearly_cny, years)
        | {"share_of_project_at_most": 0.2},
        "county": _source("县级财政资金（合成）", 0.4, yearly_cny, years),
    }


def _source(name: str, share: float, yearly_cny: float, years: Sequence[int]) -> dict[str, Any]:
    return {"name": name, "amounts_cny": {year: _rounded(share * yearly_cny) for year in years}}


def _rounded(cny: float) -> float:
    return float(round(cny, -3))


def _pace(problem: Problem, ground: Ground) -> Part:
    """Return the pace of the greedy plan with some slack, but at least what the musts may take."""
    years = len(problem.years)
    in_all = max(
        sites_a_year(ground.calibration, years, PACE_SLACK),
        math.ceil((len(problem.communities) + len(problem.new_estates)) / years) + 1,
    )
    in_towns: dict[str, float] = {}
    for point in problem.demand.values():
        town = problem.communities[point.community_code].town_code
        in_towns[town] = in_towns.get(town, 0.0) + 1.0
    largest = max(in_towns.values()) / len(problem.demand)
    return Part(
        "pace",
        Text("推进速度：全县和每个镇街", "Pace, in all and in every town"),
        {
            "sites_per_year": in_all,
            "sites_per_year_and_town": min(in_all, math.ceil(TOWN_PACE_SLACK * largest * in_all)),
        },
    )


def _targets(problem: Problem) -> Iterator[Part]:
    town = max(community.town_code for community in problem.communities.values())
    community = min(problem.communities)
    yield Part(
        "targets",
        Text("镇街、社区另设的软目标", "Soft targets of a town and a community of their own"),
        {
            "towns": {town: {MEALS: {problem.years[-2]: 60}}},
            "communities": {community: {HEALTH: {problem.years[-1]: 100}}},
        },
    )


def _switches() -> Iterator[Part]:
    """Yield the rules that have no number of the case's."""
    entries: list[tuple[str, str, dict[str, Any]]] = [
        (
            "容量；较近的设施有空位时不去较远的",
            "Capacity, and nobody passes a nearer site with a free place",
            {"capacity": True, "nearest_with_a_place": True},
        ),
        (
            "综合体优先保障养老、托育，各有最少名额",
            "Elderly and infant care first in complexes, with least places",
            {"places_reserved_first": True, "complex_places_at_least": COMPLEX_PLACES},
        ),
        (
            "单个运营主体的点位比例",
            "Share of the sites that one operator gets",
            {"operator_sites_share_at_most": 0.4},
        ),
        ("新建小区配套", "New estates", {"new_estate_area_standard": True}),
        ("运营收支平衡", "Fees and subsidy meet operating cost and rent", {"operator_viability": True}),
        ("审批和施工时间", "Approvals and construction take time", {"lead_time": True}),
        (
            "使用率低的现有服务启用满三年可转换用途",
            "Little-used services may be converted, three years after they began",
            {"conversion": True, "use_is_held_years": 3},
        ),
    ]
    for zh, en, rules in entries:
        yield Part("rules", Text(zh, en), rules)


def _musts(problem: Problem, ground: Ground) -> Iterator[Part]:
    """Yield the rules whose numbers scale with the case."""
    last, calibration = problem.years[-1], ground.calibration
    estates = sum(len(estate.sites) for estate in problem.new_estates.values())
    most_built = estates + max(1, round(NEWLY_BUILT_SHARE * calibration.sites))
    yield _rule(
        "新建点位上限，包括新建小区配套",
        "Newly built sites at most, new estates included",
        {"newly_built_sites_at_most": most_built},
    )
    places = {kind: _places(problem, kind) + _more_places(ground, kind) for kind in COMPLEX_PLACES}
    yield _rule(
        "全县最少名额",
        "Least places in all",
        {"places_at_least": {kind: {last: math.floor(least)} for kind, least in places.items()}},
    )
    yield _rule(
        "覆盖底线：按功能",
        "Coverage that is a must, by function",
        {
            "coverage_at_least": {
                key: {last: math.floor(COVERAGE_SHARE * calibration.covered_percent[key])}
                for key in (ELDERLY, SPORTS)
            }
        },
    )
    yield from _everywhere(problem)
    if _can_ask_for_area(problem):
        yield _rule(
            "每百户面积底线（m²）",
            "Floor area per 100 households that every community must have",
            {"area_standard_at_least_m2": {last: AREA_M2_PER_100_HOUSEHOLDS}},
        )


def _everywhere(problem: Problem) -> Iterator[Part]:
    """Yield what every town and community must have covered."""
    middle, last = problem.years[len(problem.years) // 2], problem.years[-1]
    could_have = _functions_within_reach(problem)
    by_town: dict[str, list[int]] = {}
    for code, count in could_have.items():
        by_town.setdefault(problem.communities[code].town_code, []).append(count)
    worst = min(100.0 * sum(counts) / len(counts) / len(problem.functions) for counts in by_town.values())
    percent = math.floor(min(MOST_PERCENT_OF_A_TOWN, TOWN_SHARE * worst))
    yield _rule(
        "覆盖底线：按镇街",
        "Coverage that is a must, by town",
        {"coverage_per_town_at_least": {middle: percent // 3, last: percent}},
    )
    yield _rule(
        "每个社区可达的功能数",
        "Functions within reach of every community",
        {"functions_per_community_at_least": {last: min(MOST_FUNCTIONS_A_COMMUNITY, *could_have.values())}},
    )


def _rule(zh: str, en: str, entries: dict[str, Any]) -> Part:
    return Part("rules", Text(zh, en), entries)


def _places(problem: Problem, kind: str) -> float:
    """Return the places that stay: of decided sites that are not convertible."""
    function = ELDERLY if kind == CARE_BEDS else kind
    per_m2 = problem.functions[function].capacity_persons_per_m2
    areas = [
        (problem.sites[key].programme or {}).get(function, 0.0)
        for key in problem.decided_sites
        if key not in problem.conversions
    ]
    return sum(problem.care_beds(area) if kind == CARE_BEDS else per_m2 * area for area in areas)


def _surely_provides(problem: Problem, site: Site, function: str) -> bool:
    """Return whether a site could provide a function by itself, in time and without a loss."""
    if site.is_decided:
        return site.site_id not in problem.conversions
    return (
        site.role is Role.CANDIDATE
        and function in site.may_host
        and site.available_from < problem.years[-1]
        and not site.is_newly_built
        and site.rent_cny_per_year <= 0.0
        and _margin_cny(problem.functions[function]) >= 0.0
        and problem.functions[function].minimum_alone_m2 <= site.usable_area_m2
    )


def _margin_cny(function: Function) -> float:
    """Return what fees and subsidy leave beyond the operating cost, CNY per m² floor area and year."""
    income = function.fee_income_cny_per_m2_year + function.subsidy_cny_per_m2_year
    return income - function.operating_cost_cny_per_m2_year


def _functions_within_reach(problem: Problem) -> dict[str, int]:
    """Return for each community in scope how many functions some site surely could bring it."""
    last = problem.years[-1]
    return {
        code: sum(
            any(
                _surely_provides(problem, problem.sites[key], function)
                for key in problem.covering_sites(code, function, last)
            )
            for function in problem.functions
        )
        for code, community in problem.communities.items()
        if community.in_scope
    }


def _can_ask_for_area(problem: Problem) -> bool:
    """Return whether the smallest room in a space of each community is as much as the floor of area asks."""
    smallest = min(
        (function for function in problem.functions.values() if _margin_cny(function) >= 0.0),
        key=lambda function: function.minimum_alone_m2,
    )
    with_space = {
        site.community_code: smallest.minimum_alone_m2 * site.floor_per_usable
        for site in problem.sites.values()
        if not site.is_decided and _surely_provides(problem, site, smallest.key)
    }
    return all(
        with_space.get(code, 0.0)
        >= AREA_M2_PER_100_HOUSEHOLDS * problem.households(code, problem.years[-1]) / 100.0
        for code, community in problem.communities.items()
        if community.in_scope
    )


def _standards() -> Iterator[Part]:
    yield Part(
        "standards",
        Text("各功能对空间的要求", "What a space needs to hold a function"),
        {
            "hosting": {
                INFANT: {"needs_own_entrance": True},
                MEALS: {"needs_kitchen": True},
                SPORTS: {"is_noisy": True},
                HEALTH: {
                    "allowed_stock_kinds": [
                        "community_rooms",
                        "government_idle_rooms",
                        "state_firm_premises",
                        "estate_facility_owed",
                        "new_estate_facility",
                    ]
                },
            }
        },
    )


def _by_hand(problem: Problem, ground: Ground) -> Iterator[Part]:
    """Yield what is fixed by hand: two commitments, two prohibitions, a requirement, as far as there are."""
    commitments = dict(_commitments(problem, ground))
    if commitments:
        yield Part("commit", Text("人工指定", "Fixed by hand"), commitments)
    committed = {entry["site"] for entry in commitments.values()}
    free = [
        key
        for key in ground.calibration.opened
        if key not in ground.own_spaces | committed
        and problem.sites[key].may_host
        and not _is_of_estate(problem, key)
    ]
    prohibitions: dict[str, Any] = {}
    if free:
        prohibitions["promised-elsewhere"] = {"site": free[0]}
    with_sports = [key for key in free[1:] if SPORTS in problem.sites[key].may_host]
    if with_sports:
        prohibitions["no-sports-yet"] = {
            "site": with_sports[0],
            "functions": [SPORTS],
            "until": problem.years[1],
        }
    if prohibitions:
        yield Part("forbid", NOTHING, prohibitions)
    community = _lacking(problem, INFANT, LARGEST_BY_HAND * ground.calibration.capital_cny)
    if community is not None:
        entry = {"community": community, "function": INFANT, "by": problem.years[-2]}
        yield Part("require", NOTHING, {"infant-care": entry})


def _is_of_estate(problem: Problem, key: str) -> bool:
    return any(key in estate.sites for estate in problem.new_estates.values())


def _commitments(problem: Problem, ground: Ground) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a complex and a service to be converted, where they aren't too dear."""
    second, third = problem.years[1:3]
    money_cny = LARGEST_BY_HAND * ground.calibration.capital_cny
    complexes = [
        site
        for key in problem.planned_sites
        if {ELDERLY, INFANT, MEALS} <= (site := problem.sites[key]).may_host
        and _surely_provides(problem, site, INFANT)
        and site.consent is Consent.AGREED
        and site.available_from <= second
        and site.floor_area_m2 >= 600.0
        and site.opening_cost_cny + COMPLEX_FIT_OUT_CNY <= money_cny
    ]
    if complexes:
        cheapest = min(complexes, key=lambda site: (site.opening_cost_cny, site.site_id))
        entry = {"site": cheapest.site_id, "year": second, "functions": [ELDERLY, INFANT], "form": "complex"}
        yield "complex-first", entry
    convertible = [
        site
        for key in problem.conversions.values()
        if _surely_provides(problem, (site := problem.sites[key]), INFANT)
        and (site.held_until or third) <= third
        and _alone_cny(problem, site, INFANT) <= money_cny
    ]
    if convertible:
        smallest = min(convertible, key=lambda site: (site.opening_cost_cny, site.site_id))
        yield "rooms-for-infants", {"site": smallest.site_id, "year": third, "functions": [INFANT]}


def _alone_cny(problem: Problem, site: Site, function: str) -> float:
    """Return what a site costs with the smallest room of a function by itself."""
    entry = problem.functions[function]
    fit_out = entry.fit_out_cost_cny_per_m2 * site.floor_per_usable * entry.minimum_alone_m2
    return site.opening_cost_cny + fit_out


def _lacking(problem: Problem, function: str, most_cny: float) -> str | None:
    """Return the largest community that lacks a function and surely could have it for the money, if any."""
    last = problem.years[-1]
    lacking = {
        code: problem.households(code, last)
        for code, community in problem.communities.items()
        if community.in_scope
        and (sites := problem.covering_sites(code, function, last))
        and not any(problem.sites[key].is_decided for key in sites)
        and any(
            _surely_provides(problem, problem.sites[key], function)
            and problem.sites[key].available_from <= problem.years[1]
            and _alone_cny(problem, problem.sites[key], function) <= most_cny
            for key in sites
        )
    }
    return max(lacking, key=lambda code: (lacking[code], code)) if lacking else None
