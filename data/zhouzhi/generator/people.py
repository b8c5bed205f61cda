"""Where people live: compounds in blocks, their lanes, residents and ages; illustrative but the totals."""

from __future__ import annotations

import math
from dataclasses import dataclass

from generator.county import County, add_alleys, connected_sides, is_clear, main_street_cells
from generator.dice import Dice
from generator.facts import (
    AGE_SHARES_PERCENT,
    COMMUNITIES,
    COUNTY_RESIDENTS,
    PERSONS_PER_HOUSEHOLD,
    URBAN_SHARE,
    CommunityFact,
)
from generator.osm import Cells
from generator.plane import Point, area
from generator.streets import Block, Town, compound_lanes

URBAN_RESIDENTS = round(COUNTY_RESIDENTS * URBAN_SHARE)
SMALLEST_BLOCK_M2 = 6_000.0

AGE_TILT = {
    "age_0_2": -0.9,
    "age_3_5": -0.8,
    "age_6_12": -0.6,
    "age_13_17": -0.3,
    "age_18_59": -0.1,
    "age_60_69": 0.9,
    "age_70_79": 1.3,
    "age_80_plus": 1.6,
}
"""How strongly an older compound has more of an age group (an assumption)."""

ESTATE_FIRST = (
    *("锦绣", "阳光", "和谐", "滨河", "金桂", "翠竹", "明德", "瑞丰", "祥和", "安居", "怡景", "兰亭"),
    *("凤凰", "紫薇", "丹枫", "御景", "文苑", "书香", "碧水", "水岸", "秦岭", "仙游", "金盆", "五泉"),
    *("嘉禾", "春晓", "绿园", "鑫源", "恒安", "盛世", "福临", "康乐"),
)
ESTATE_LAST = ("花园", "小区", "苑", "家园", "新村", "华府", "名邸", "佳园", "雅居", "公馆")
STAFF_FIRST = (
    *("农机厂", "供销社", "棉织厂", "粮站", "水利局", "教育局", "交通局", "化肥厂", "县医院", "邮电局"),
    *("林业局", "纸箱厂", "一中", "建筑公司", "运输公司", "酒厂"),
)
QUARTER_FIRST = ("东街", "西街", "南街", "北街", "东关", "西关", "南关", "北关", "后巷", "老街")


@dataclass(frozen=True)
class Compound:
    """A residential compound: its place, how it lies to the street, and who lives there."""

    number: int
    name: str
    community: CommunityFact
    town: Town
    block: Block
    door: Point
    gated: bool
    kind: str
    occupied_from: int | None
    age: float
    weight: float

    @property
    def demand_id(self) -> str:
        """Identifier of the demand point."""
        return f"D{self.number:03d}"

    @property
    def estate_id(self) -> str | None:
        """Identifier of the estate; old quarters are none."""
        return None if self.kind == "quarter" else f"E{self.number:03d}"

    @property
    def place(self) -> Point:
        """Door of the compound in the county's plane."""
        return self.town.bent(self.door)


def settle(county: County) -> list[Compound]:
    """Choose the compounds' blocks, draw their lanes and gates into the towns, then alleys elsewhere."""
    book = county.roads()
    streets = main_street_cells(book)
    names = _Names()
    compounds: list[Compound] = []
    for town in county.towns.values():
        communities = [c for c in COMMUNITIES if c.town_code == town.fact.code]
        blocks = [b for b in town.blocks if area(b.corners) >= SMALLEST_BLOCK_M2]
        blocks = [b for b in blocks if is_clear(town, b, book.barrier_cells)]
        free = [b for b in blocks if connected_sides(town, b, streets)]
        for community in communities:
            own = [b for b in free if _nearest(b.centre, communities) is community]
            for block, year in _choose_blocks(community, own):
                free.remove(block)
                number = len(compounds) + 1
                compounds.append(_build(number, community, town, block, year, streets, names))
        add_alleys(town, free, streets)
    return compounds


def _nearest(place: Point, communities: list[CommunityFact]) -> CommunityFact:
    return min(communities, key=lambda c: abs(place - c.place))


def _choose_blocks(community: CommunityFact, blocks: list[Block]) -> list[tuple[Block, int | None]]:
    """Draw blocks, likelier near the community's centre; new estates take blocks at its edge."""
    dice = Dice(f"blocks/{community.name}")
    left = {
        number: math.exp(-((abs(block.centre - community.place) / (0.55 * community.spread_m)) ** 2))
        for number, block in enumerate(blocks)
    }
    chosen: list[tuple[Block, int | None]] = []
    for year in community.new_estates:
        edge = min(
            left, key=lambda n: abs(abs(blocks[n].centre - community.place) - 0.8 * community.spread_m)
        )
        left.pop(edge)
        chosen.append((blocks[edge], year))
    while len(chosen) < community.compounds:
        drawn = dice.weighted(left)
        left.pop(drawn)
        chosen.append((blocks[drawn], None))
    return sorted(chosen, key=lambda pair: (pair[1] or 0, abs(pair[0].centre - community.place)))


def _build(
    number: int,
    community: CommunityFact,
    town: Town,
    block: Block,
    year: int | None,
    streets: Cells,
    names: _Names,
) -> Compound:
    dice = Dice(f"compound/{community.name}/{block.centre:.0f}")
    kind = "estate" if year else dice.weighted(_kind_weights(community))
    gated = kind != "quarter" and dice.chance(0.78)
    side = dice.pick(connected_sides(town, block, streets))
    lane = "private_lane" if gated else dice.pick(("living_street", "alley", "service"))
    lanes, door = compound_lanes(block, side, lane, dice)
    town.lines += lanes
    if gated:
        town.gates_of_compounds.append(lanes[0].end)
    size = {"estate": 1.35, "staff": 0.7, "quarter": 1.0}[kind] * dice.lognormal(0.38)
    size *= math.sqrt(area(block.corners) / town.fact.block_m2)
    size *= math.exp(-0.5 * abs(block.centre - community.place) / community.spread_m)
    age = community.age * {"estate": 0.85, "staff": 1.25, "quarter": 1.1}[kind] * dice.lognormal(0.12)
    age *= 0.65 if year else 1.0
    name = names.draw(kind, town, community)
    return Compound(number, name, community, town, block, door, gated, kind, year, age, size)


def _kind_weights(community: CommunityFact) -> dict[str, float]:
    old = max(0.0, min(1.0, (community.age - 0.7) / 0.6))
    return {"estate": 0.75 - 0.45 * old, "staff": 0.1 + 0.2 * old, "quarter": 0.15 + 0.3 * old}


class _Names:
    """Draws names of compounds, none twice in the county."""

    def __init__(self) -> None:
        self._dice = Dice("names")
        self._used: set[str] = set()

    def draw(self, kind: str, town: Town, community: CommunityFact) -> str:
        """Return a new name; it ends in （示例）."""
        while True:
            name = self._one(kind, town, community)
            if name not in self._used:
                self._used.add(name)
                return f"{name}（示例）"

    def _one(self, kind: str, town: Town, community: CommunityFact) -> str:
        place = "" if town.fact.name == "二曲街道" else town.fact.name.removesuffix("镇")
        if kind == "estate":
            return place + self._dice.pick(ESTATE_FIRST) + self._dice.pick(ESTATE_LAST)
        if kind == "staff":
            return place + self._dice.pick(STAFF_FIRST) + "家属院"
        return (place or community.name.removesuffix("社区")) + self._dice.pick(QUARTER_FIRST) + "片区"


def shared_out(total: int, weights: list[float]) -> list[int]:
    """Share whole units by weight, largest remainder, so that they add up to ``total``."""
    exact = [total * weight / sum(weights) for weight in weights]
    whole = [math.floor(value) for value in exact]
    order = sorted(range(len(exact)), key=lambda n: (whole[n] - exact[n], n))
    for n in order[: total - sum(whole)]:
        whole[n] += 1
    return whole


def residents_of(compounds: list[Compound]) -> list[int]:
    """Return the residents of each compound; together they are the county's urban residents."""
    of_community = shared_out(URBAN_RESIDENTS, [community.weight for community in COMMUNITIES])
    residents: dict[int, int] = {}
    for community, total in zip(COMMUNITIES, of_community, strict=True):
        own = [compound for compound in compounds if compound.community is community]
        shares = shared_out(total, [compound.weight for compound in own])
        residents |= {compound.number: share for compound, share in zip(own, shares, strict=True)}
    return [residents[compound.number] for compound in compounds]


def households_of(residents: list[int]) -> list[int]:
    """Return the households of each compound; together residents ÷ persons per household."""
    return shared_out(round(sum(residents) / PERSONS_PER_HOUSEHOLD), [float(count) for count in residents])


def ages_of(compounds: list[Compound], residents: list[int]) -> list[list[int]]:
    """Return residents by age group of each compound; both its residents and the county's ages add up.

    Iterative proportional fitting of the age tilts to the totals, then whole persons.
    """
    totals = shared_out(sum(residents), list(AGE_SHARES_PERCENT.values()))
    table = [
        [share * compound.age ** AGE_TILT[group] for group, share in AGE_SHARES_PERCENT.items()]
        for compound in compounds
    ]
    for _ in range(60):
        for row, count in enumerate(residents):
            factor = count / sum(table[row])
            table[row] = [value * factor for value in table[row]]
        for column, total in enumerate(totals):
            factor = total / sum(values[column] for values in table)
            for values in table:
                values[column] *= factor
    return _whole_persons(table, residents, totals)


def _whole_persons(table: list[list[float]], residents: list[int], totals: list[int]) -> list[list[int]]:
    whole = [[math.floor(value) for value in values] for values in table]
    missing = [total - sum(values[n] for values in whole) for n, total in enumerate(totals)]
    for row, count in enumerate(residents):
        while sum(whole[row]) < count:
            open_groups = [n for n, persons in enumerate(missing) if persons > 0]
            group = max(open_groups, key=lambda n: (table[row][n] - whole[row][n], -n))
            whole[row][group] += 1
            missing[group] -= 1
    return whole
