"""What projects and existing services provide: whether their functions fit into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from siteplan.case import Case, CommittedProject, ExistingService, Form, ProjectLevel
from siteplan.findings import Finding, error, warning
from siteplan.inputs.check.rows import at, names_of, usable_area, usable_standard
from siteplan.policy import FunctionKind, Policy
from siteplan.scenario import Scenario
from siteplan.text import Text

ROUNDING_M2 = 0.01
"""Areas are written in tables to at most this accuracy."""


def check_programmes(case: Case, policy: Policy, scenario: Scenario | None) -> Iterator[Finding]:
    """Yield what is wrong with the functions of existing services and committed projects.

    A project that opens before the scenario's first year keeps its listed functions; in the others the
    plan decides, and they must be able to hold what is required.
    """
    for service in case.existing_services:
        if not service.function_areas:
            yield _nothing_listed(service, f"{service.service_id}")
        yield from _check_listed_areas(service, policy)
    for project in case.projects:
        yield from _check_listed_areas(project, policy)
        if scenario is not None and project.year < scenario.years[0]:
            yield from _check_decided(project, policy)
        else:
            yield from _check_required(project, policy)
    yield from _check_forms(case, policy)


def area_of_rooms(areas: Mapping[str, float], policy: Policy) -> float:
    """Return the area in m² that functions need together: of each room group the largest function."""
    rooms: dict[str, float] = {}
    for key, area in areas.items():
        group = policy.functions[key].room_group
        rooms[group] = max(area, rooms.get(group, 0.0))
    return sum(rooms.values())


def _check_listed_areas(row: CommittedProject | ExistingService, policy: Policy) -> Iterator[Finding]:
    needed, available = area_of_rooms(row.function_areas, policy), usable_area(row, policy)
    if needed > available + ROUNDING_M2:
        yield error(
            "functions-above-usable-area",
            at(row, "function_areas"),
            found=Text(
                zh=f"功能面积合计 {needed:g} m²（可共用的房间只计一次），使用面积只有 {available:g} m²",
                en=f"functions of {needed:g} m² (shared rooms once) in a usable area of {available:g} m²",
            ),
            allowed=Text(
                zh="功能面积合计不超过使用面积", en="functions that together need at most the usable area"
            ),
            mend=Text(
                zh="核对功能面积是否为使用面积，或补填实际使用面积",
                en="check that the functions' areas are usable areas, or state the actual usable area",
            ),
        )


def _nothing_listed(row: CommittedProject | ExistingService, identifier: str) -> Finding:
    return error(
        "no-functions-listed",
        at(row, "function_areas"),
        found=Text(zh=f"{identifier} 没有列出功能", en=f"{identifier} lists no functions"),
        allowed=Text(
            zh="现有服务和规划期之前开放的项目须列出功能和面积",
            en="functions with areas, for existing services and projects that open before the first year",
        ),
        mend=Text(
            zh="填写“功能面积”，例如 养老服务=120；社区助餐=80",
            en="fill in function_areas, for example elderly_care=120; community_meals=80",
        ),
    )


def required_of(project: CommittedProject, policy: Policy) -> tuple[str, ...]:
    """Return the functions a project must have; a municipal one has all standard ones (附件3)."""
    standard = tuple(
        key
        for key, function in policy.functions.items()
        if function.kind is FunctionKind.STANDARD and key not in project.required_functions
    )
    return (*project.required_functions, *(standard if project.level is ProjectLevel.MUNICIPAL else ()))


def _check_decided(project: CommittedProject, policy: Policy) -> Iterator[Finding]:
    if not project.function_areas:
        yield _nothing_listed(project, project.project_id)
        return
    missing = [key for key in required_of(project, policy) if key not in project.function_areas]
    if missing:
        yield error(
            "required-function-not-listed",
            at(project, "function_areas"),
            found=Text(
                zh=f"{project.project_id} 未列出必设功能 {names_of(missing)}",
                en=f"{project.project_id} doesn't list its required functions {names_of(missing)}",
            ),
            allowed=Text(
                zh="必设功能都列出面积；市级项目须有全部标配功能（附件3）",
                en="an area for each required function; a municipal project has all standard ones",
            ),
            mend=Text(
                zh="在“功能面积”中补充，或从“必设功能”中删去",
                en="add them to function_areas, or remove them from required_functions",
            ),
        )


def _check_required(project: CommittedProject, policy: Policy) -> Iterator[Finding]:
    """In a project whose functions the plan decides, the required ones fit, and three in a complex."""
    available = usable_area(project, policy)
    minima = _minima(project.form, policy)
    required = {key: minima[key] for key in required_of(project, policy)}
    needed = area_of_rooms(required, policy)
    fewest = round(policy.standards.complex_minimum_functions.value)
    if needed > available + ROUNDING_M2:
        yield error(
            "required-functions-do-not-fit",
            at(project, "required_functions"),
            found=Text(
                zh=f"{project.project_id} 的必设功能至少需要 {needed:g} m²，使用面积只有 {available:g} m²",
                en=f"{project.project_id}: required functions need {needed:g} m², "
                f"the usable area is {available:g} m²",
            ),
            allowed=Text(zh="必设功能放得下", en="required functions that fit"),
            mend=Text(
                zh="核对面积，或减少必设功能", en="check the area, or require fewer functions of the project"
            ),
        )
    elif project.form is Form.COMPLEX and len(required) < fewest:
        needed = min(
            area_of_rooms({**required, **{key: minima[key] for key in others}}, policy)
            for others in combinations(set(minima) - set(required), fewest - len(required))
        )
        if needed > available + ROUNDING_M2:
            yield _too_small_for_a_complex(project, available, needed, fewest)


def _minima(form: Form, policy: Policy) -> dict[str, float]:
    if form is Form.COMPLEX:
        figures = {key: function.minimum_in_complex_m2 for key, function in policy.functions.items()}
    else:
        figures = {key: function.minimum_alone_m2 for key, function in policy.functions.items()}
    return {key: usable_standard(figure, policy) for key, figure in figures.items()}


def _too_small_for_a_complex(
    project: CommittedProject, available: float, needed: float, functions: int
) -> Finding:
    return warning(
        "complex-holds-too-few-functions",
        at(project, "floor_area_m2"),
        found=Text(
            zh=f"{project.project_id} 的使用面积 {available:g} m² 放不下 {functions} 类功能",
            en=f"{project.project_id}: usable area {available:g} m², too small for {functions} functions",
        ),
        allowed=Text(
            zh=f"综合体的 {functions} 类功能至少需要 {needed:g} m²",
            en=f"{functions} functions of a complex need at least {needed:g} m²",
        ),
        mend=Text(zh="核对面积和建设形式", en="check the area and the form"),
    )


def _check_forms(case: Case, policy: Policy) -> Iterator[Finding]:
    """Yield warnings on listed forms that the policy's rules for new sites would not allow."""
    smallest = policy.standards.complex_minimum_floor_area_m2.value
    most = round(policy.standards.scattered_maximum_functions.value)
    small = [row for row in case.projects if row.form is Form.COMPLEX and row.floor_area_m2 < smallest]
    if small:
        names = names_of([f"{row.project_id} ({row.floor_area_m2:g} m²)" for row in small])
        yield warning(
            "complex-below-guideline",
            at(small[0], "form"),
            found=Text(zh=f"综合体项目面积偏小：{names}", en=f"small complexes: {names}"),
            allowed=Text(
                zh=f"综合体一般不小于 {smallest:g} m² 建筑面积",
                en=f"as a rule {smallest:g} m² floor area for a complex",
            ),
            mend=Text(
                zh="已列入名录的项目保留其形式，无须改动；仅供核对",
                en="committed projects keep their listed form: nothing to do if it is as listed",
            ),
        )
    for project in case.projects:
        functions = {*project.required_functions, *project.function_areas}
        if project.form is Form.SCATTERED and len(functions) > most:
            yield warning(
                "scattered-with-many-functions",
                at(project, "form"),
                found=Text(
                    zh=f"{project.project_id} 为插花式，却有 {len(functions)} 类功能",
                    en=f"{project.project_id} is scattered and has {len(functions)} functions",
                ),
                allowed=Text(
                    zh=f"插花式最多 {most} 类功能", en=f"at most {most} functions in a scattered site"
                ),
                mend=Text(zh="核对建设形式：综合体还是插花", en="check the form: complex or scattered"),
            )
