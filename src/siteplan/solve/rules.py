"""The hard rules that a planner can change: their names, units and where a scenario or table states them."""

from __future__ import annotations

from dataclasses import dataclass

from siteplan.findings import YamlPath
from siteplan.text import Text
from siteplan.units import CNY_PER_MODEL_MONEY, M2_PER_MODEL_AREA

CNY = Text("元", "CNY")
SQUARE_METRES = Text("m²", "m²")
ITEMS = Text("项", "entries")
SITES = Text("处", "sites")
PLACES = Text("个名额", "places")
FUNCTIONS = Text("类功能", "functions")
COMMUNITIES = Text("个社区", "communities")
COMMUNITY_FUNCTIONS = Text("个社区·功能", "community-functions")


@dataclass(frozen=True, slots=True)
class Rule:
    """One constraint family as a planner knows it.

    ``per_model``: reported units in one unit of the row's slack; ``is_whole``: relaxed by whole units only;
    ``stated_at``: path in the scenario, None where the tables or ``model/`` state it.
    """

    name: Text
    unit: Text
    per_model: float
    is_whole: bool
    stated_at: YamlPath | None = None


def _money(zh: str, en: str, *path: str) -> Rule:
    return Rule(Text(zh, en), CNY, CNY_PER_MODEL_MONEY, False, path or None)


def _area(zh: str, en: str, *path: str) -> Rule:
    return Rule(Text(zh, en), SQUARE_METRES, M2_PER_MODEL_AREA, False, path or None)


def _count(zh: str, en: str, unit: Text, *path: str) -> Rule:
    return Rule(Text(zh, en), unit, 1.0, True, path or None)


RULES: dict[str, Rule] = {
    "yearly_budget": _money("年度资金", "the yearly budget", "budget"),
    "project_is_paid": _money("每个项目的资金来源", "every project being paid by its sources", "budget"),
    "source_amount": _money("各来源年度资金", "the yearly amounts of the sources", "budget", "sources"),
    "source_share_of_project": _money(
        "来源占项目投资的比例上限", "the share of a project that a source pays", "budget", "sources"
    ),
    "source_cap_per_project": _money(
        "来源对单个项目的补助上限", "the cap of a source on one project", "budget", "sources"
    ),
    "source_pays_eligible_functions": _money(
        "来源只补助所列功能", "sources paying for their functions only", "budget", "sources"
    ),
    "awards_are_bridged": _money(
        "先建后补的垫付资金", "the advance that bridges awards", "budget", "advance_cny"
    ),
    "operator_is_viable": _money(
        "运营收支平衡", "every operator being viable", "rules", "operator_viability"
    ),
    "subsidy_limit": _money("运营补贴上限", "the limit of subsidies", "budget", "subsidy_cny"),
    "operating_limit": _money("运营资金上限", "the operating budget", "budget", "operating_cny"),
    "rollout_pace": _count("推进速度", "the rollout pace", SITES, "pace"),
    "committed_sites": _count("已列入名录项目按期建成", "committed projects opening in their year", ITEMS),
    "required_functions": _count("已列入项目的必设功能", "required functions of committed projects", ITEMS),
    "use_is_held": _count(
        "用途保持年限", "the years for which a use is held", ITEMS, "rules", "use_is_held_years"
    ),
    "committed_by_hand": _count("情景 commit 指定的点位", "sites committed by hand", ITEMS, "commit"),
    "forbidden_by_hand": _count("情景 forbid 禁止的点位或功能", "what is forbidden by hand", ITEMS, "forbid"),
    "required_coverage": _count("情景 require 要求的社区覆盖", "coverage required by hand", ITEMS, "require"),
    "functions_per_community": _count(
        "每个社区可达功能的底线",
        "the functions that every community must have",
        FUNCTIONS,
        "rules",
        "functions_per_community_at_least",
    ),
    "coverage_per_town": _count(
        "每个镇街覆盖的底线",
        "the coverage that every town must have",
        COMMUNITY_FUNCTIONS,
        "rules",
        "coverage_per_town_at_least",
    ),
    "coverage_floor": _count(
        "功能覆盖率的底线",
        "the coverage that a function must have",
        COMMUNITIES,
        "rules",
        "coverage_at_least",
    ),
    "area_standard_floor": _area(
        "每百户面积的底线",
        "the floor area per 100 households that is a must",
        "rules",
        "area_standard_at_least_m2",
    ),
    "elderly_area_standard_floor": _area(
        "每百户养老面积的底线",
        "the floor area of elderly care per 100 households that is a must",
        "rules",
        "elderly_area_standard_at_least_m2",
    ),
    "places_at_least": _count(
        "托位、床位等名额的底线", "the places that the county must have", PLACES, "rules", "places_at_least"
    ),
    "complex_places_at_least": _count(
        "综合体名额的底线",
        "the places that a complex must have",
        PLACES,
        "rules",
        "complex_places_at_least",
    ),
    "operator_share": _count(
        "单个运营主体的点位比例上限",
        "the share of sites that one operator runs",
        SITES,
        "rules",
        "operator_sites_share_at_most",
    ),
    "new_estate_area_standard": _area(
        "新建小区配套面积",
        "the floor area of facilities in new estates",
        "rules",
        "new_estate_area_standard",
    ),
    "one_use_of_a_plot": _count("同一地块只用一次", "one use of a plot", SITES),
    "newly_built_sites": _count(
        "新建点位数量上限", "the limit on newly built sites", SITES, "rules", "newly_built_sites_at_most"
    ),
    "rooms_fit_in_site": _area("各空间的使用面积", "the usable area of the sites"),
    "area_at_least_minimum": _area("各功能的最小面积", "minimum areas"),
    "area_at_least_minimum_alone": _area("各功能单独设置的最小面积", "minimum areas standing alone"),
    "area_at_most_maximum": _area(
        "各功能的最大面积（不超过点位使用面积）", "maximum areas, and no function larger than its site"
    ),
    "scattered_has_few_functions": _count(
        "插花点的功能数量", "the number of functions of a scattered site", FUNCTIONS, "rules", "site_form"
    ),
    "complex_has_enough": _count(
        "综合体的功能数量", "the number of functions of a complex", FUNCTIONS, "rules", "site_form"
    ),
    "places_reserved_first": _count(
        "优先保障一老一小", "elderly and infant care first", ITEMS, "rules", "places_reserved_first"
    ),
    "open_only_to_provide": _count("开放即提供功能", "open sites providing something", ITEMS),
}
"""The families that a planner can change, in the order in which a conflict tries to do without them."""

MONEY_RULES = frozenset(name for name, rule in RULES.items() if rule.unit == CNY)
"""The families that say how much money there is, and what it may be spent on."""

STRUCTURE = frozenset(
    {
        "area_never_shrinks",
        "assigned_only_where_provided",
        "available_from",
        "care_beds_fit_in_elderly_room",
        "community_area_standard",
        "community_covered_by_one_site",
        "complex_has_care",
        "conversion_starts_and_stops",
        "coverage_target",
        "covered_are_assigned",
        "covered_only_within_reach",
        "covered_where_provided",
        "eligible_room_is_used",
        "function_fits_its_room",
        "full_without_a_free_place",
        "local_coverage_target",
        "nearest_with_a_place",
        "no_community_left_behind",
        "operator_with_most_sites",
        "provided_only_when_open",
        "provided_outside_complex",
        "room_is_used",
        "room_never_shrinks",
        "served_at_most_demand",
        "served_only_where_provided",
        "served_within_capacity",
        "site_form",
        "stays_open",
        "stays_provided",
    }
)
"""The families that say what the words mean: no plan is without them, so no conflict names them."""
