"""Reading the policy from ``model/``: functions, standards and costs, and what a scenario changes in them.

Figures that a scenario replaces become assumptions whose note names the scenario and the former value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from siteplan.case import Mode
from siteplan.findings import Finding, InputError, Place, YamlPath, error, raise_errors
from siteplan.inputs.scenario_files import check_scenario_functions
from siteplan.inputs.yaml_source import YamlDocument, read_yaml
from siteplan.inputs.yaml_validation import unknown_key, validated
from siteplan.policy import (
    AreaFigure,
    Costs,
    Figure,
    FunctionKind,
    FunctionPolicy,
    HostingRule,
    Policy,
    Standards,
    StockKinds,
)
from siteplan.scenario import LoadedScenario, Scenario
from siteplan.text import Text

FUNCTIONS_FILE = "functions.yaml"
STANDARDS_FILE = "standards.yaml"
COSTS_FILE = "costs.yaml"

RESERVED_FIRST = ("elderly_care", "infant_care")
"""The functions with space reserved first (周至方案 五（三）: 一老一小); every policy has them."""

Shape = TypeVar("Shape")
Model = TypeVar("Model", bound=BaseModel)


def load_policy(folder: Path, scenario: LoadedScenario | Scenario | None = None) -> Policy:
    """Read ``functions.yaml``, ``standards.yaml`` and ``costs.yaml``, and apply the scenario's changes.

    A `LoadedScenario` rather than a bare `Scenario` lets findings name the scenario's file and line.

    Raises:
        InputError: with every fault of the three files and of the scenario's changes to them.
    """
    settings = scenario.scenario if isinstance(scenario, LoadedScenario) else scenario
    places = scenario.places if isinstance(scenario, LoadedScenario) else {}
    files = _PolicyFiles(folder, places)
    functions = files.read(FUNCTIONS_FILE, dict[str, FunctionPolicy])
    standards = files.read(STANDARDS_FILE, Standards)
    costs = files.read(COSTS_FILE, Costs)
    if functions is None or standards is None or costs is None:
        raise InputError(files.findings)
    policy = Policy(functions, standards, costs)
    findings = list(files.findings)
    if settings is not None:
        findings += check_scenario_functions(settings, policy, places)
        policy = _with_changes(policy, settings)
        standard = policy.standards.new_estate_area_m2_per_100_households
        if settings.rules.new_estate_area_standard and standard is None:
            name = "new_estate_area_m2_per_100_households"
            findings.append(_missing(name, files.place_of(STANDARDS_FILE, (name,))))
    findings += [finding for finding in _check(policy, files) if finding not in findings]
    raise_errors(findings)
    return policy


class _PolicyFiles:
    """The three files as read, with all their faults, and where each figure is stated."""

    def __init__(self, folder: Path, scenario_places: Mapping[YamlPath, Place]) -> None:
        self._folder = folder
        self._scenario_places = scenario_places
        self._documents: dict[str, YamlDocument] = {}
        self.findings: list[Finding] = []

    def read(self, name: str, shape: type[Shape]) -> Shape | None:
        try:
            document = read_yaml(self._folder / name)
            self._documents[name] = document
            return validated(document, shape)
        except InputError as faults:
            self.findings.extend(faults.findings)
            return None

    def place_of(self, name: str, path: YamlPath) -> Place:
        """Return where the scenario states the figure, else where the policy file does."""
        in_scenario = self._scenario_places.get((SCENARIO_SECTIONS[name], *path))
        return in_scenario if in_scenario is not None else self._documents[name].place_of(path)


SCENARIO_SECTIONS = {FUNCTIONS_FILE: "functions", STANDARDS_FILE: "standards", COSTS_FILE: "costs"}
"""The part of a scenario that changes each policy file."""


# --- what a scenario changes --------------------------------------------------------------------------


def _with_changes(policy: Policy, scenario: Scenario) -> Policy:
    changed = _Changes(scenario.title.text)
    functions = {
        key: changed.model(function, scenario.functions[key]) if key in scenario.functions else function
        for key, function in policy.functions.items()
    }
    standards = changed.model(policy.standards, scenario.standards)
    if scenario.coverage.threshold is not None:
        threshold = changed.figure(standards.coverage_threshold, scenario.coverage.threshold)
        standards = standards.model_copy(update={"coverage_threshold": threshold})
    standards = standards.model_copy(update={"hosting": changed.hosting(standards.hosting, scenario)})
    opening_costs: dict[Mode, Figure] = dict(policy.costs.opening_cost_cny_per_m2)
    for mode, cost in scenario.costs.opening_cost_cny_per_m2.items():
        opening_costs[mode] = changed.figure(opening_costs.get(mode), cost)
    if (scale := scenario.costs.capital_scale) != 1.0:
        functions = {key: changed.dearer(function, scale) for key, function in functions.items()}
        opening_costs = {
            mode: changed.figure(cost, scale * cost.value) for mode, cost in opening_costs.items()
        }
    costs = policy.costs.model_copy(update={"opening_cost_cny_per_m2": opening_costs})
    return Policy(functions, standards, costs)


class _Changes:
    """Replaces figures by those of one scenario."""

    def __init__(self, title: Text) -> None:
        self._zh = f"情景“{title.zh}”设定"
        self._en = f"set by the scenario {title.en}"

    def model(self, model: Model, override: BaseModel) -> Model:
        """Return ``model`` with the figures that ``override`` states."""
        update: dict[str, object] = {}
        for name in type(override).model_fields:
            value = getattr(override, name)
            if name == "allowed_stock_kinds" and value is not None:
                update[name] = StockKinds(value=value, assumption=True, note=f"{self._zh} / {self._en}")
            elif isinstance(value, tuple):
                update[name] = tuple(self.figure(None, item) for item in value)
            elif isinstance(value, dict) and name != "hosting":
                former: dict[object, Figure] = getattr(model, name)
                changes = {key: self.figure(former.get(key), item) for key, item in value.items()}
                update[name] = {**former, **changes}
            elif value is not None and name != "hosting":
                update[name] = self.figure(getattr(model, name), value)
        return model.model_copy(update=update)

    def hosting(self, rules: Mapping[str, HostingRule], scenario: Scenario) -> dict[str, HostingRule]:
        """Return the rules by function with those that the scenario states."""
        stated = scenario.standards.hosting
        changed = {
            key: self.model(rules.get(key, HostingRule()), override) for key, override in stated.items()
        }
        return {**rules, **changed}

    def dearer(self, function: FunctionPolicy, scale: float) -> FunctionPolicy:
        """Return the function with its fit-out cost scaled."""
        cost = function.fit_out_cost_cny_per_m2
        dearer = self.figure(cost, scale * cost.value)
        return function.model_copy(update={"fit_out_cost_cny_per_m2": dearer})

    def figure(self, former: Figure | None, value: float) -> Figure:
        """Return the assumption that takes the place of ``former``; an area stays floor or usable area."""
        note = f"{self._zh} / {self._en}"
        if former is not None:
            note = f"{self._zh}，原值 {former.value:g} / {self._en}; was {former.value:g}"
        if isinstance(former, AreaFigure):
            return AreaFigure(value=value, area=former.area, assumption=True, note=note)
        return Figure(value=value, assumption=True, note=note)


# --- checks -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limits:
    """What makes sense for a figure: bounds, whether the lower one is excluded, whether it is whole."""

    lowest: float
    highest: float | None = None
    above_lowest: bool = False
    whole: bool = False

    def admits(self, value: float) -> bool:
        """Return whether the value is within the limits."""
        too_low = value <= self.lowest if self.above_lowest else value < self.lowest
        too_high = self.highest is not None and value > self.highest
        return not too_low and not too_high and (not self.whole or value == int(value))

    @property
    def text(self) -> Text:
        """The limits in words."""
        kind = Text("整数，", "a whole number ") if self.whole else Text("", "")
        low = (
            Text(f"大于 {self.lowest:g}", f"above {self.lowest:g}")
            if self.above_lowest
            else Text(f"不小于 {self.lowest:g}", f"of at least {self.lowest:g}")
        )
        if self.highest is None:
            return Text(f"{kind.zh}{low.zh}", f"{kind.en}{low.en}")
        return Text(
            f"{kind.zh}{low.zh}，不大于 {self.highest:g}",
            f"{kind.en}{low.en} and at most {self.highest:g}",
        )


POSITIVE = Limits(0, above_lowest=True)
NOT_NEGATIVE = Limits(0)
SHARE = Limits(0, 1, above_lowest=True)
YES_OR_NO = Limits(0, 1, whole=True)
YEAR = Limits(2000, 2100, whole=True)

FUNCTION_LIMITS = {
    "target_percent": Limits(0, 100),
    "priority": NOT_NEGATIVE,
    "service_radius_m": POSITIVE,
    "minimum_alone_m2": POSITIVE,
    "minimum_in_complex_m2": POSITIVE,
    "maximum_m2": POSITIVE,
    "capacity_persons_per_m2": POSITIVE,
    "participation_rate": SHARE,
    "fit_out_cost_cny_per_m2": NOT_NEGATIVE,
    "operating_cost_cny_per_m2_year": NOT_NEGATIVE,
    "fee_income_cny_per_m2_year": NOT_NEGATIVE,
    "affordable_fee_cny_per_m2_year": NOT_NEGATIVE,
    "subsidy_cny_per_m2_year": NOT_NEGATIVE,
}

STANDARD_LIMITS = {
    "usable_share_of_floor_area": SHARE,
    "elderly_area_m2_per_100_households": NOT_NEGATIVE,
    "new_estate_area_m2_per_100_households": NOT_NEGATIVE,
    "complex_minimum_floor_area_m2": NOT_NEGATIVE,
    "complex_preferred_floor_area_m2": NOT_NEGATIVE,
    "complex_minimum_functions": Limits(1, whole=True),
    "complex_minimum_standard_functions": Limits(0, whole=True),
    "scattered_maximum_functions": Limits(0, whole=True),
    "coverage_threshold": SHARE,
    "target_baseline_year": YEAR,
    "target_year": YEAR,
    "land_use_grace_years": Limits(0, whole=True),
    "snap_limit_m": POSITIVE,
    "service_area_strip_m": POSITIVE,
    "service_area_smallest_hole_m2": NOT_NEGATIVE,
    "far_from_mapped_way_m": POSITIVE,
}

HOSTING_LIMITS = {
    "highest_floor": Limits(1, whole=True),
    "highest_floor_without_lift": Limits(1, whole=True),
    "basement_allowed": YES_OR_NO,
    "needs_outdoor_space": YES_OR_NO,
    "needs_own_entrance": YES_OR_NO,
    "needs_kitchen": YES_OR_NO,
    "is_noisy": YES_OR_NO,
}


def _check(policy: Policy, files: _PolicyFiles) -> Iterator[Finding]:
    yield from _check_functions(policy, files)
    yield from _check_standards(policy, files)
    yield from _check_hosting(policy, files)
    procedure = policy.costs.land_use_procedure_cny_per_m2
    if procedure is not None and not NOT_NEGATIVE.admits(procedure.value):
        place = files.place_of(COSTS_FILE, ("land_use_procedure_cny_per_m2",))
        yield _out_of_limits(procedure, NOT_NEGATIVE, place)
    for mode in Mode:
        path: YamlPath = ("opening_cost_cny_per_m2", mode.value)
        cost = policy.costs.opening_cost_cny_per_m2.get(mode)
        if cost is None:
            yield _missing(mode.value, files.place_of(COSTS_FILE, path))
        elif not NOT_NEGATIVE.admits(cost.value):
            yield _out_of_limits(cost, NOT_NEGATIVE, files.place_of(COSTS_FILE, path))


def _check_functions(policy: Policy, files: _PolicyFiles) -> Iterator[Finding]:
    for key in RESERVED_FIRST:
        if key not in policy.functions:
            yield _missing(key, files.place_of(FUNCTIONS_FILE, (key,)))
        else:
            yield from _shares_its_room(key, policy, files)
    for key, function in policy.functions.items():
        yield from _within(function, FUNCTION_LIMITS, FUNCTIONS_FILE, (key,), files)
        yield from _areas_ascend(key, policy, files)
        if not function.target_ages:
            yield _missing("target_ages", files.place_of(FUNCTIONS_FILE, (key, "target_ages")))


def _within(
    model: BaseModel, limits: Mapping[str, Limits], file: str, path: YamlPath, files: _PolicyFiles
) -> Iterator[Finding]:
    for name, limit in limits.items():
        figure: Figure | None = getattr(model, name)
        if figure is not None and not limit.admits(figure.value):
            yield _out_of_limits(figure, limit, files.place_of(file, (*path, name)))


def _areas_ascend(key: str, policy: Policy, files: _PolicyFiles) -> Iterator[Finding]:
    function = policy.functions[key]
    share = policy.standards.usable_share_of_floor_area.value
    areas = ("minimum_in_complex_m2", "minimum_alone_m2", "maximum_m2")
    for smaller, larger in pairwise(areas):
        low, high = (_usable_m2(getattr(function, name), share) for name in (smaller, larger))
        if low > high:
            yield error(
                "areas-not-ascending",
                files.place_of(FUNCTIONS_FILE, (key, smaller)),
                found=Text(
                    f"{smaller} 折合使用面积 {low:g} m²，大于 {larger} 的 {high:g} m²",
                    f"{smaller} is {low:g} m² usable, more than {larger} with {high:g} m²",
                ),
                allowed=Text("综合体内最小 ≤ 单设最小 ≤ 最大", " ≤ ".join(areas)),
                mend=Text(
                    "改正其中一个面积（注意建筑面积与使用面积）", "correct one (mind floor and usable area)"
                ),
            )


def _usable_m2(figure: AreaFigure, usable_share: float) -> float:
    return figure.value * usable_share if figure.area == "floor" else figure.value


def _shares_its_room(key: str, policy: Policy, files: _PolicyFiles) -> Iterator[Finding]:
    group = policy.functions[key].room_group
    others = [name for name, other in policy.functions.items() if other.room_group == group and name != key]
    if others:
        yield error(
            "reserved-room-shared",
            files.place_of(FUNCTIONS_FILE, (key, "room_group")),
            found=Text(
                f"“{key}”与 {'、'.join(others)} 共用 {group}",
                f"{key} shares {group} with {', '.join(others)}",
            ),
            allowed=Text(
                "养老、托育用房独用（五（三）优先预留）", "elderly and infant care have rooms of their own"
            ),
            mend=Text("另起一个 room_group 名称", "give it a room_group of its own"),
        )


def _check_standards(policy: Policy, files: _PolicyFiles) -> Iterator[Finding]:
    standards = policy.standards
    yield from _within(standards, STANDARD_LIMITS, STANDARDS_FILE, (), files)
    for mode, lead_time in standards.lead_time_years.items():
        if not NOT_NEGATIVE.admits(lead_time.value):
            place = files.place_of(STANDARDS_FILE, ("lead_time_years", mode.value))
            yield _out_of_limits(lead_time, NOT_NEGATIVE, place)
    for name in ("area_tiers_m2_per_100_households", "reported_radii_m"):
        figures: tuple[Figure, ...] = getattr(standards, name)
        yield from _ascending(figures, files.place_of(STANDARDS_FILE, (name,)))
    if standards.target_year.value <= standards.target_baseline_year.value:
        limit = Limits(standards.target_baseline_year.value, above_lowest=True)
        yield _out_of_limits(standards.target_year, limit, files.place_of(STANDARDS_FILE, ("target_year",)))
    standard_count = sum(function.kind is FunctionKind.STANDARD for function in policy.functions.values())
    needed = standards.complex_minimum_standard_functions
    if needed.value > standard_count:
        place = files.place_of(STANDARDS_FILE, ("complex_minimum_standard_functions",))
        yield _out_of_limits(needed, Limits(0, standard_count, whole=True), place)


def _ascending(figures: tuple[Figure, ...], place: Place) -> Iterator[Finding]:
    values = [figure.value for figure in figures]
    if not values or values[0] <= 0 or any(after <= before for before, after in pairwise(values)):
        yield error(
            "not-ascending",
            place,
            found=Text.same(str(values)),
            allowed=Text("从小到大的正数，至少一个", "positive numbers, smallest first, at least one"),
            mend=Text("改正或重新排列", "correct or reorder them"),
        )


def _check_hosting(policy: Policy, files: _PolicyFiles) -> Iterator[Finding]:
    for key, rule in policy.standards.hosting.items():
        path: YamlPath = ("hosting", key)
        if key not in policy.functions:
            yield unknown_key(key, policy.functions, files.place_of(STANDARDS_FILE, path))
        yield from _within(rule, HOSTING_LIMITS, STANDARDS_FILE, path, files)


def _out_of_limits(figure: Figure, limits: Limits, place: Place) -> Finding:
    return error(
        "wrong-value",
        place,
        found=Text.same(f"{figure.value:g}"),
        allowed=limits.text,
        mend=Text("改正数值或单位", "correct the number or its unit"),
    )


def _missing(key: str, place: Place) -> Finding:
    return error(
        "missing-key",
        place,
        found=Text(f"缺少“{key}”", f"`{key}` is missing or empty"),
        allowed=Text("这一项必须写明", "it must be stated"),
        mend=Text("参照自带的 model 文件夹补上", "add it as in the bundled model folder"),
    )
