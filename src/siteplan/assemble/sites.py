"""Sites of every role as the model sees them, and what each may host (`site_may_host`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from siteplan.case import (
    CandidateSite,
    Case,
    CommittedProject,
    Consent,
    DataStatus,
    ExistingService,
    Form,
    ProjectLevel,
    Tenure,
)
from siteplan.policy import AreaFigure, Figure, FunctionPolicy, HostingRule, Policy
from siteplan.problem import Function, Role, Site
from siteplan.text import Text


def usable_area_of(figure: AreaFigure, usable_share: float) -> float:
    """Return an area standard in usable m²; one published as floor area is multiplied by the share."""
    return figure.value * usable_share if figure.area == "floor" else figure.value


def build_function(key: str, policy: FunctionPolicy, usable_share: float) -> Function:
    """Resolve one function of ``functions.yaml`` to plain numbers, areas in usable m²."""
    subsidy = policy.subsidy_cny_per_m2_year
    return Function(
        key=key,
        name=policy.name.text,
        kind=policy.kind,
        priority=policy.priority.value,
        service_radius_m=policy.service_radius_m.value,
        minimum_alone_m2=usable_area_of(policy.minimum_alone_m2, usable_share),
        minimum_in_complex_m2=usable_area_of(policy.minimum_in_complex_m2, usable_share),
        maximum_m2=usable_area_of(policy.maximum_m2, usable_share),
        capacity_persons_per_m2=policy.capacity_persons_per_m2.value,
        room_group=policy.room_group,
        fit_out_cost_cny_per_m2=policy.fit_out_cost_cny_per_m2.value,
        operating_cost_cny_per_m2_year=policy.operating_cost_cny_per_m2_year.value,
        fee_income_cny_per_m2_year=policy.fees_cny_per_m2_year,
        subsidy_cny_per_m2_year=0.0 if subsidy is None else subsidy.value,
        capacity_unit=policy.capacity_unit.text,
    )


def all_sites(
    case: Case, policy: Policy, functions: Mapping[str, Function], years: tuple[int, ...]
) -> Iterator[Site]:
    """Yield the sites of a case: candidates, then committed projects, then existing services."""
    share = policy.standards.usable_share_of_floor_area.value
    towns = {community.community_code: community.town_code for community in case.communities}
    for row in case.sites:
        usable = row.usable_area_m2 or row.floor_area_m2 * share
        yield _candidate(row, usable, towns[row.community_code], policy, functions, years)
    for project in case.projects:
        if project.year <= years[-1]:
            usable = project.usable_area_m2 or project.floor_area_m2 * share
            yield _committed(project, usable, towns[project.community_code], functions, years)
    for service in case.existing_services:
        usable = service.usable_area_m2 or service.floor_area_m2 * share
        yield _existing(service, usable, towns[service.community_code], years)


def _candidate(
    row: CandidateSite,
    usable_area_m2: float,
    town_code: str,
    policy: Policy,
    functions: Mapping[str, Function],
    years: tuple[int, ...],
) -> Site:
    reasons = {key: _why_not(row, usable_area_m2, function, policy) for key, function in functions.items()}
    per_m2 = policy.costs.opening_cost_cny_per_m2[row.mode].value
    cost = row.opening_cost_cny
    return Site(
        site_id=row.site_id,
        name=row.name,
        role=Role.CANDIDATE,
        community_code=row.community_code,
        town_code=town_code,
        longitude=row.longitude,
        latitude=row.latitude,
        floor_area_m2=row.floor_area_m2,
        usable_area_m2=usable_area_m2,
        may_host=frozenset(key for key, reason in reasons.items() if reason is None),
        why_not={key: reason for key, reason in reasons.items() if reason is not None},
        available_from=row.year_available or years[0],
        opens_in=None,
        listed_form=None,
        programme=None,
        required_functions=frozenset(),
        opening_cost_cny=per_m2 * row.floor_area_m2 if cost is None else cost,
        mode=row.mode,
        serves_communities=frozenset(row.serves_communities),
        data_status=row.data_status,
        project_level=row.project_level,
        plot_id=row.plot_id,
        tenure=row.tenure,
        rent_cny_per_year=_rent_cny_per_year(row),
        consent=row.consent,
        operator=row.operator,
    )


def _rent_cny_per_year(row: CandidateSite) -> float:
    """Return the yearly rent of a rented space; what is owned, lent or returned pays none."""
    rate = row.rent_cny_per_m2_year if row.tenure is Tenure.RENTED else None
    return (rate or 0.0) * row.floor_area_m2


def _required(row: CommittedProject, functions: Mapping[str, Function]) -> frozenset[str]:
    """Return the functions that a project must have: a municipal one all standard functions besides."""
    standard = {key for key, function in functions.items() if function.is_standard}
    municipal = standard if row.level is ProjectLevel.MUNICIPAL else set()
    return frozenset(row.required_functions) | municipal


def _committed(
    row: CommittedProject,
    usable_area_m2: float,
    town_code: str,
    functions: Mapping[str, Function],
    years: tuple[int, ...],
) -> Site:
    is_decided = row.year < years[0]
    reasons = {
        key: too_small(usable_area_m2, _minimum_in_form(function, row.form))
        for key, function in functions.items()
    }
    statuses = (row.data_status, row.functions_status) if is_decided else (row.data_status,)
    return Site(
        site_id=row.project_id,
        name=row.name,
        role=Role.COMMITTED,
        community_code=row.community_code,
        town_code=town_code,
        longitude=row.longitude,
        latitude=row.latitude,
        floor_area_m2=row.floor_area_m2,
        usable_area_m2=usable_area_m2,
        may_host=frozenset(key for key, reason in reasons.items() if reason is None),
        why_not={key: reason for key, reason in reasons.items() if reason is not None},
        available_from=max(row.year, years[0]),
        opens_in=None if is_decided else row.year,
        listed_form=row.form,
        programme=dict(row.function_areas) if is_decided else None,
        required_functions=_required(row, functions),
        opening_cost_cny=row.opening_cost_cny,
        mode=None,
        serves_communities=frozenset(row.serves_communities),
        data_status=DataStatus.ILLUSTRATIVE if DataStatus.ILLUSTRATIVE in statuses else row.data_status,
        project_level=row.level,
        operator=row.operator,
    )


def _existing(row: ExistingService, usable_area_m2: float, town_code: str, years: tuple[int, ...]) -> Site:
    return Site(
        site_id=row.service_id,
        name=row.name,
        role=Role.EXISTING,
        community_code=row.community_code,
        town_code=town_code,
        longitude=row.longitude,
        latitude=row.latitude,
        floor_area_m2=row.floor_area_m2,
        usable_area_m2=usable_area_m2,
        may_host=frozenset(),
        why_not={},
        available_from=years[0],
        opens_in=None,
        listed_form=None,
        programme=dict(row.function_areas),
        required_functions=frozenset(),
        opening_cost_cny=0.0,
        mode=None,
        serves_communities=frozenset(row.serves_communities),
        data_status=row.data_status,
        operator=row.operator,
    )


def _minimum_in_form(function: Function, form: Form) -> float:
    return function.minimum_in_complex_m2 if form is Form.COMPLEX else function.minimum_alone_m2


def _why_not(row: CandidateSite, usable_area_m2: float, function: Function, policy: Policy) -> Text | None:
    """Return why the space may not host the function, or None if it may."""
    if row.consent is Consent.REFUSED:
        return Text("居民或产权人未同意", "residents or owners refused consent")
    if function.key in row.excluded_functions:
        return Text("表中列为不宜功能", "listed in the table as not suitable")
    minimum = min(function.minimum_alone_m2, function.minimum_in_complex_m2)
    rule = policy.standards.hosting.get(function.key, HostingRule())
    return (
        too_small(usable_area_m2, minimum)
        or _wrong_floor(row, rule)
        or _lacks_what_it_needs(row, rule)
        or _wrong_stock_kind(row, rule)
        or _too_noisy(row, rule)
    )


def too_small(usable_area_m2: float, minimum_m2: float) -> Text | None:
    """Return the reason why a space is too small for a function, None if it is not."""
    if usable_area_m2 >= minimum_m2:
        return None
    return Text(
        f"使用面积 {usable_area_m2:.0f} m² 小于最小面积 {minimum_m2:.0f} m²",
        f"usable area {usable_area_m2:.0f} m² is below the minimum of {minimum_m2:.0f} m²",
    )


def _wrong_floor(row: CandidateSite, rule: HostingRule) -> Text | None:
    if row.floor < 1 and not (rule.basement_allowed and rule.basement_allowed.value):
        return Text("不得设于地下", "not allowed in a basement")
    highest = rule.highest_floor
    if highest is not None and row.floor > highest.value:
        return Text(f"楼层高于 {highest.value:.0f} 层", f"above floor {highest.value:.0f}")
    without_lift = rule.highest_floor_without_lift
    if without_lift is not None and not row.has_lift and row.floor > without_lift.value:
        return Text(
            f"无电梯且高于 {without_lift.value:.0f} 层",
            f"above floor {without_lift.value:.0f} without a lift",
        )
    return None


def _lacks_what_it_needs(row: CandidateSite, rule: HostingRule) -> Text | None:
    if _asks(rule.needs_outdoor_space) and not row.has_outdoor_space:
        return Text("需要室外场地", "needs open ground")
    if _asks(rule.needs_own_entrance) and not row.has_own_entrance:
        return Text("需要独立出入口", "needs an entrance of its own")
    if _asks(rule.needs_kitchen) and not row.has_kitchen:
        return Text("需要可设厨房", "needs a kitchen")
    return None


def _wrong_stock_kind(row: CandidateSite, rule: HostingRule) -> Text | None:
    allowed = rule.allowed_stock_kinds
    if allowed is None or row.stock_kind in allowed.value:
        return None
    kind = row.stock_kind.text
    return Text(f"不得设于{kind.zh}", f"not allowed in this kind of stock ({kind.en})")


def _too_noisy(row: CandidateSite, rule: HostingRule) -> Text | None:
    if _asks(rule.is_noisy) and row.noise_sensitive_neighbours:
        return Text("邻近噪声敏感建筑", "too noisy for its neighbours")
    return None


def _asks(figure: Figure | None) -> bool:
    return figure is not None and bool(figure.value)
