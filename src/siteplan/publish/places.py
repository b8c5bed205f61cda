"""Places of a plan by year, function and unit: 托位, care beds (护理型床位), meals a day and the like."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from siteplan.plan import Plan
from siteplan.text import Text

CARE_BEDS_UNIT = Text("护理型床位", "care beds")


@dataclass(frozen=True, slots=True)
class PlacesFigure:
    """Places of one function in one unit in one year: what was there, and what opens within the horizon."""

    year: int
    function: str
    unit: Text
    there: float
    opened: float

    @property
    def in_all(self) -> float:
        """Places of all sites."""
        return self.there + self.opened


def places_figures(plan: Plan, planned_sites: Collection[str]) -> tuple[PlacesFigure, ...]:
    """Return the places by year, then in the order of the plan's functions, care beds after the places.

    ``planned_sites``: ids of the sites whose opening is the plan's; the others were there before.
    """
    found: dict[tuple[int, str, Text], list[float]] = {}
    for site in plan.sites:
        is_planned = int(site.site_id in planned_sites)
        for each in site.functions:
            unit = Text(each.places_unit_zh, each.places_unit_en)
            for kind, by_year in ((unit, each.places_by_year), (CARE_BEDS_UNIT, each.care_beds_by_year)):
                for year, places in by_year.items():
                    found.setdefault((year, each.function, kind), [0.0, 0.0])[is_planned] += places
    order = list(dict.fromkeys(figure.function for figure in plan.coverage))
    keys = sorted(found, key=lambda key: (key[0], order.index(key[1]), key[2] == CARE_BEDS_UNIT))
    return tuple(PlacesFigure(*key, *found[key]) for key in keys)
