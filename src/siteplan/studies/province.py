"""The money of a province split among its counties: each county's curve of money, and an exact split of it.

Every county is solved alone at several scales of its own budget, each with a proven bound. A small
mixed-integer program splits the total over the points found; another one, over the steps of the bounds,
says how good any split can be. New points are solved where the two disagree.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field
from scipy.optimize import Bounds, LinearConstraint, milp

from siteplan.inputs.yaml_source import read_yaml
from siteplan.inputs.yaml_validation import validated
from siteplan.outcome import MAXIMISED, advantage
from siteplan.scenario import BilingualTitle, Level, ScenarioModel

PROVINCE_FILE, SPLIT_FILE, CURVES_FILE = "province.csv", "split.csv", "curves.csv"
FIRST_SHARES = (0.5, 0.75, 1.0, 1.25)
"""A county is first solved at these multiples of the scale at which all counties get the same share."""
SMALLEST_STEP = 0.01
"""Scales nearer to each other than this share of the even scale are one point."""
DECIMALS = 6
PROVEN = 1e-6
"""A gap below this (absolute, or relative to the value) is 0 within solver tolerances."""


class CountySettings(ScenarioModel):
    """A county: its scenario (relative to the file), and how much its first level counts."""

    scenario: str
    weight: Annotated[float, Field(gt=0)] = 1.0


class ProvinceSettings(ScenarioModel):
    """A province file: counties, and the money of each year for all of them, in CNY.

    ``seconds`` for each solve of a county, in place of its scenario's; ``rounds`` of refining at most, until
    value and bound are within ``gap`` of the first level's unit.
    """

    title: BilingualTitle | None = None
    counties: Annotated[
        dict[Annotated[str, Field(pattern=r"^\w[\w-]*$")], CountySettings],
        Field(min_length=1, max_length=500),
    ]
    budget_cny: Annotated[dict[int, Annotated[float, Field(ge=0)]], Field(min_length=1)]
    seconds: Annotated[float | None, Field(gt=0)] = None
    rounds: Annotated[int, Field(ge=0, le=50)] = 3
    gap: Annotated[float, Field(ge=0)] = 0.1


def read_province(file: Path) -> ProvinceSettings:
    """Read a province file.

    Raises:
        InputError: with every fault of the file.
    """
    return validated(read_yaml(file), ProvinceSettings)


@dataclass(frozen=True, slots=True)
class County:
    """A county: weight, and the money of its own scenario by year in CNY, at scale 1."""

    key: str
    weight: float
    amounts_cny: Mapping[int, float]

    def largest_scale(self, totals_cny: Mapping[int, float]) -> float:
        """Return the scale at which the county alone takes all the money there is in some year."""
        shares = [totals_cny[year] / amount for year, amount in self.amounts_cny.items() if amount > 0.0]
        return _rounded_down(min(shares, default=0.0))


@dataclass(frozen=True, slots=True)
class Point:
    """A county solved at a scale of its budget: first level, proven bound, both in reported units.

    ``value`` None: no plan; ``is_infeasible``: proven that there is none, at this scale or a smaller one.
    """

    scale: float
    value: float | None
    bound: float | None
    is_infeasible: bool = False


Curves = Mapping[str, Sequence[Point]]
Solver = Callable[[Sequence[tuple[str, float]]], Mapping[tuple[str, float], Point]]
"""Solves counties at scales; what isn't solved (interrupted) is left out."""


@dataclass(frozen=True, slots=True)
class Split:
    """A split: the scale of each county, the weighted mean of the first level, and its proven bound."""

    level: Level
    scales: Mapping[str, float]
    value: float
    bound: float | None

    @property
    def gap(self) -> float | None:
        """Distance from value to bound in the level's unit; 0: no split is better."""
        if self.bound is None:
            return None
        gap = advantage(self.level, self.bound, self.value)
        return 0.0 if gap <= PROVEN * max(1.0, abs(self.value)) else gap


def first_points(counties: Sequence[County], totals_cny: Mapping[int, float]) -> list[tuple[str, float]]:
    """Return where every county is solved first: around the even scale, and with all the money there is."""
    even = even_scale(counties, totals_cny)
    points: list[tuple[str, float]] = []
    for county in counties:
        largest = county.largest_scale(totals_cny)
        scales = {min(_rounded_down(share * even), largest) for share in FIRST_SHARES} | {largest}
        points += [(county.key, scale) for scale in sorted(scales)]
    return points


def even_scale(counties: Sequence[County], totals_cny: Mapping[int, float]) -> float:
    """Return the scale at which all counties get the same multiple of their money, in the tightest year."""
    asked = {year: sum(county.amounts_cny.get(year, 0.0) for county in counties) for year in totals_cny}
    return min((totals_cny[year] / amount for year, amount in asked.items() if amount > 0.0), default=0.0)


def split_money(
    counties: Sequence[County],
    totals_cny: Mapping[int, float],
    level: Level,
    solve: Solver,
    rounds: int,
    gap: float,
) -> tuple[Split | None, dict[str, list[Point]]]:
    """Split the money; return the split and every point solved, by county in order of scale.

    None: no combination of points with a plan keeps within the totals.
    """
    curves: dict[str, list[Point]] = {county.key: [] for county in counties}
    wanted = first_points(counties, totals_cny)
    split: Split | None = None
    for _ in range(rounds + 1):
        solved = solve(wanted)
        for (key, _), point in solved.items():
            curves[key] = sorted([*curves[key], point], key=lambda each: each.scale)
        split = best_split(counties, totals_cny, level, curves)
        if len(solved) < len(wanted) or (split is not None and split.gap is not None and split.gap <= gap):
            break
        wanted = _next_points(counties, totals_cny, level, curves, split)
        if not wanted:
            break
    return split, curves


def best_split(
    counties: Sequence[County], totals_cny: Mapping[int, float], level: Level, curves: Curves
) -> Split | None:
    """Return the best split over the points that have a plan, with the bound over all splits."""
    choices = {
        county.key: [(point.scale, point.value) for point in curves[county.key] if point.value is not None]
        for county in counties
    }
    chosen = _chosen(counties, totals_cny, level, choices)
    if chosen is None:
        return None
    weight = sum(county.weight for county in counties)
    value = sum(county.weight * chosen[county.key][1] for county in counties) / weight
    steps = _chosen(counties, totals_cny, level, _steps_of(counties, totals_cny, level, curves))
    bound = None
    if steps is not None:
        bound = sum(county.weight * steps[county.key][1] for county in counties) / weight
    return Split(level, {key: scale for key, (scale, _) in chosen.items()}, value, bound)


def _steps_of(
    counties: Sequence[County], totals_cny: Mapping[int, float], level: Level, curves: Curves
) -> dict[str, list[tuple[float, float]]]:
    """Return the steps of each county's bound: (scale above which it holds, bound up to the next point)."""
    return {
        county.key: bound_steps(level, curves[county.key], county.largest_scale(totals_cny))
        for county in counties
    }


def bound_steps(level: Level, points: Sequence[Point], largest_scale: float) -> list[tuple[float, float]]:
    """Return the steps of a county's bound: (scale above which it holds, bound).

    More money never makes a county worse, so the bound at a point holds for every smaller scale too. A step
    reaches from the point before up to its own; the least scale of a step stands for it, so that the steps
    are a bound over all scales and not of the points alone. Scales that are proven to have no plan have no
    step. Empty: the point at ``largest_scale``, with all the money there is, isn't solved or has no bound, so
    there is none.
    """
    known = [point for point in points if point.bound is not None or point.is_infeasible]
    if not known or points[-1] is not known[-1] or points[-1].scale < largest_scale:
        return []
    sign = -1.0 if level in MAXIMISED else 1.0
    steps: list[tuple[float, float]] = []
    best = -math.inf
    for position in reversed(range(len(known))):
        point = known[position]
        if point.bound is None:
            break
        best = max(best, sign * point.bound)
        steps.append((known[position - 1].scale if position else 0.0, sign * best))
    return steps[::-1]


def _chosen(
    counties: Sequence[County],
    totals_cny: Mapping[int, float],
    level: Level,
    choices: Mapping[str, Sequence[tuple[float, float]]],
) -> dict[str, tuple[float, float]] | None:
    """Return one (scale, value) for each county: the best weighted sum within every year's total.

    min Σ_c weight_c · value_{c,p} x_{c,p} with Σ_p x_{c,p} = 1 for every c and, for every year t,
    Σ_{c,p} scale_p · amount_{c,t} x_{c,p} ≤ total_t
    """
    if any(not choices[county.key] for county in counties):
        return None
    columns = [(county, choice) for county in counties for choice in choices[county.key]]
    sign = -1.0 if level in MAXIMISED else 1.0
    cost = np.array([sign * county.weight * value for county, (_, value) in columns])
    one = np.array([[float(other is county) for other, _ in columns] for county in counties])
    years = [year for year, total in totals_cny.items() if total > 0.0]
    money = np.array(
        [
            [scale * county.amounts_cny.get(year, 0.0) / totals_cny[year] for county, (scale, _) in columns]
            for year in years
        ]
    ).reshape(len(years), len(columns))
    answer = milp(
        cost,
        integrality=np.ones(len(columns)),
        bounds=Bounds(0.0, 1.0),
        constraints=[LinearConstraint(one, 1.0, 1.0), LinearConstraint(money, -np.inf, 1.0 + 1e-9)],
        options={"mip_rel_gap": 0.0},
    )
    if answer.x is None:
        return None
    return {
        county.key: choice for (county, choice), taken in zip(columns, answer.x, strict=True) if taken > 0.5
    }


def _next_points(
    counties: Sequence[County],
    totals_cny: Mapping[int, float],
    level: Level,
    curves: Curves,
    split: Split | None,
) -> list[tuple[str, float]]:
    """Return where to solve next: within the steps that the bound uses, and with the money left over."""
    even = even_scale(counties, totals_cny)
    steps = _chosen(counties, totals_cny, level, _steps_of(counties, totals_cny, level, curves))
    wanted: list[tuple[str, float]] = []
    for county in counties:
        scales = [point.scale for point in curves[county.key]]
        asked: list[float] = []
        if steps is not None:
            least = steps[county.key][0]
            above = min((scale for scale in scales if scale > least), default=least)
            asked.append((least + above) / 2.0)
        if split is not None:
            scale = split.scales[county.key]
            asked.append(scale + _scale_left(county, counties, totals_cny, split))
            asked.append((scale + max((other for other in scales if other < scale), default=0.0)) / 2.0)
        for each in asked:
            scale = min(_rounded_down(each), county.largest_scale(totals_cny))
            if all(abs(scale - other) > SMALLEST_STEP * even for other in scales):
                wanted.append((county.key, scale))
                scales.append(scale)
    return wanted


def _scale_left(
    county: County, counties: Sequence[County], totals_cny: Mapping[int, float], split: Split
) -> float:
    """Return by how much a county's scale could rise with the money that the split leaves over."""
    left = money_left(counties, totals_cny, split)
    return min((left[year] / cny for year, cny in county.amounts_cny.items() if cny > 0.0), default=0.0)


def money_left(counties: Sequence[County], totals_cny: Mapping[int, float], split: Split) -> dict[int, float]:
    """Return the money of each year that the split gives to no county, in CNY."""
    given = {
        year: sum(split.scales[county.key] * county.amounts_cny.get(year, 0.0) for county in counties)
        for year in totals_cny
    }
    return {year: max(0.0, total - given[year]) for year, total in totals_cny.items()}


def _rounded_down(scale: float) -> float:
    return float(math.floor(scale * 10.0**DECIMALS) / 10.0**DECIMALS)


# --- tables -------------------------------------------------------------------------------------------


def write_province(
    file: Path,
    counties: Sequence[County],
    split: Split,
    curves: Curves,
    folder_of: Callable[[str, float], str],
    *,
    illustrative: bool,
) -> None:
    """Write a row for each county: its share of the money, its first level, the bound at its scale."""
    years = sorted({year for county in counties for year in county.amounts_cny})
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        header = ["county", "weight", "scale", *(f"money_{year}_cny" for year in years), "level", "value"]
        writer.writerow([*header, "bound", "gap", "results", "illustrative"])
        for county in counties:
            scale = split.scales[county.key]
            point = next(each for each in curves[county.key] if each.scale == scale)
            gap = None
            if point.bound is not None and point.value is not None:
                gap = abs(point.value - point.bound)
            writer.writerow(
                [
                    county.key,
                    f"{county.weight:g}",
                    f"{scale:.10g}",
                    *(_figure(scale * county.amounts_cny.get(year, 0.0)) for year in years),
                    split.level.value,
                    _figure(point.value),
                    _figure(point.bound),
                    _figure(gap),
                    folder_of(county.key, scale),
                    "yes" if illustrative else "no",
                ]
            )


def write_split(
    file: Path,
    counties: Sequence[County],
    totals_cny: Mapping[int, float],
    split: Split,
    unit: str,
    *,
    illustrative: bool,
) -> None:
    """Write the one row of the split: weighted mean of the first level, bound, gap, money left over."""
    left = money_left(counties, totals_cny, split)
    row = {
        "level": split.level.value,
        "unit": unit,
        "value": _figure(split.value),
        "bound": _figure(split.bound),
        "gap": _figure(split.gap),
        "status": "unproven" if split.gap is None else "optimal" if split.gap == 0.0 else "gap",
        **{f"total_{year}_cny": _figure(total) for year, total in totals_cny.items()},
        **{f"left_{year}_cny": _figure(cny) for year, cny in left.items()},
        "illustrative": "yes" if illustrative else "no",
    }
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(row))
        writer.writeheader()
        writer.writerow(row)


def write_curves(file: Path, curves: Curves, folder_of: Callable[[str, float], str]) -> None:
    """Write a row for every point solved: county, scale, value, bound."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["county", "scale", "value", "bound", "status", "results"])
        for key, points in curves.items():
            for point in points:
                status = "done" if point.value is not None else "no_plan"
                writer.writerow(
                    [
                        key,
                        f"{point.scale:.10g}",
                        _figure(point.value),
                        _figure(point.bound),
                        "infeasible" if point.is_infeasible else status,
                        folder_of(key, point.scale) if point.value is not None else "",
                    ]
                )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{round(value, 6) + 0.0:.12g}"
