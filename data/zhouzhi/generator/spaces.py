"""Spaces: candidate sites, committed projects and existing services. Annex 3 apart, all illustrative."""

from __future__ import annotations

from dataclasses import dataclass

from generator.county import County, connected_sides, main_street_cells
from generator.dice import Dice
from generator.facts import (
    ANNEX_SOURCE,
    COMMUNITIES,
    ILLUSTRATIVE_SOURCE,
    LOTUS_POND_CODE,
    PROJECTS,
    CommunityFact,
)
from generator.osm import Cells, RoadBook
from generator.people import Compound
from generator.plane import Point, to_degrees, unit
from generator.streets import Block, Town

ELDERLY = "elderly_care"
INFANT = "infant_care"
AFTER_SCHOOL = "after_school_care"
MEALS = "community_meals"
HOUSEKEEPING = "housekeeping"
HEALTH = "health"
SPORTS = "sports"
CULTURE = "culture"
PLAY = "childrens_play"

USABLE_SHARE = 0.7
"""Usable over floor area where nothing is known (an assumption, as in model/standards.yaml)."""


@dataclass(frozen=True)
class StockProfile:
    """What a kind of stock tends to look like in the illustrative case."""

    label: str
    owners: tuple[str, ...]
    modes: dict[str, float]
    tenures: dict[str, float]
    floor_area_m2: tuple[int, int]
    outdoor: float
    land_use_code: str
    upper_floors: float = 0.0


STOCK = {
    "community_rooms": StockProfile(
        label="社区用房",
        owners=("社区居委会", "街道办事处"),
        modes={"rebuild": 0.7, "extend": 0.3},
        tenures={"owned": 1.0},
        floor_area_m2=(80, 460),
        outdoor=0.25,
        land_use_code="0702",
        upper_floors=0.35,
    ),
    "estate_open_land": StockProfile(
        label="小区空地",
        owners=("小区业主共有",),
        modes={"add": 0.6, "new_build": 0.4},
        tenures={"lent_free": 1.0},
        floor_area_m2=(120, 480),
        outdoor=1.0,
        land_use_code="0701",
    ),
    "cleared_land": StockProfile(
        label="棚改腾退地块",
        owners=("县城投公司", "县住建局"),
        modes={"new_build": 1.0},
        tenures={"owned": 0.6, "lent_free": 0.4},
        floor_area_m2=(420, 1250),
        outdoor=0.85,
        land_use_code="0701",
    ),
    "idle_land": StockProfile(
        label="闲置用地",
        owners=("县资源规划局（收储）", "镇政府"),
        modes={"new_build": 1.0},
        tenures={"owned": 0.7, "lent_free": 0.3},
        floor_area_m2=(600, 1500),
        outdoor=0.9,
        land_use_code="0702",
    ),
    "idle_premises": StockProfile(
        label="闲置厂房",
        owners=("供销社", "个体业主", "镇集体企业"),
        modes={"rebuild": 0.8, "extend": 0.2},
        tenures={"rented": 1.0},
        floor_area_m2=(110, 1000),
        outdoor=0.4,
        land_use_code="0901",
        upper_floors=0.3,
    ),
    "government_idle_rooms": StockProfile(
        label="机关闲置用房",
        owners=("县机关事务服务中心", "镇政府"),
        modes={"rebuild": 0.9, "extend": 0.1},
        tenures={"lent_free": 1.0},
        floor_area_m2=(160, 1100),
        outdoor=0.4,
        land_use_code="0801",
        upper_floors=0.4,
    ),
    "state_firm_premises": StockProfile(
        label="国企闲置房产",
        owners=("县国资公司", "粮食集团"),
        modes={"rebuild": 0.75, "extend": 0.25},
        tenures={"rented": 0.6, "lent_free": 0.4},
        floor_area_m2=(150, 950),
        outdoor=0.45,
        land_use_code="0901",
        upper_floors=0.25,
    ),
    "estate_facility_owed": StockProfile(
        label="小区应交配套用房",
        owners=("房地产开发企业",),
        modes={"add": 0.65, "rebuild": 0.35},
        tenures={"returned": 1.0},
        floor_area_m2=(90, 420),
        outdoor=0.3,
        land_use_code="0701",
        upper_floors=0.2,
    ),
}

KINDS_FOR_LARGE = {
    "cleared_land": 0.2,
    "idle_land": 0.22,
    "idle_premises": 0.16,
    "government_idle_rooms": 0.24,
    "state_firm_premises": 0.18,
}
KINDS_FOR_SMALL = {
    "community_rooms": 0.3,
    "estate_open_land": 0.14,
    "idle_premises": 0.16,
    "government_idle_rooms": 0.12,
    "state_firm_premises": 0.12,
    "estate_facility_owed": 0.16,
}
SIZES = {"large": (620, 1500), "medium": (260, 590), "small": (60, 240)}

SCARCE_COMMUNITIES = {
    "城中社区": ("medium", "medium", "small", "small", "small", "small", "small"),
    "阳化社区": ("medium", "small", "small"),
    "六合社区": ("medium", "small", "small"),
    "黄家湾社区": ("small", "small", "medium"),
}
"""Communities that lack space for a complex (illustrative)."""
IN_COUNTY_SEAT = ("large", "large", "medium", "medium", "small", "small", "small")
IN_TOWN_CENTRE = ("large", "large", "medium", "small", "small")
IN_SMALL_TOWN = ("large", "medium", "small", "small")


@dataclass(frozen=True)
class Spot:
    """A place beside a connected street, and the block it is in."""

    place: Point
    block: Block


class Spots:
    """Hands out places beside streets, near a wanted point, none twice and none inside a compound."""

    def __init__(self, county: County, compounds: list[Compound], book: RoadBook) -> None:
        streets = main_street_cells(book)
        taken = {compound.block for compound in compounds}
        self._left = {
            name: [
                spot
                for block in town.blocks
                if block not in taken
                for spot in _spots_in(town, block, streets, book.barrier_cells)
            ]
            for name, town in county.towns.items()
        }

    def near(self, town: Town, wanted: Point, dice: Dice, choices: int = 3) -> Point:
        """Return one of the few nearest places left; its block gives no further place."""
        left = sorted(self._left[town.fact.name], key=lambda spot: abs(spot.place - wanted))
        spot = dice.pick(left[:choices])
        self._left[town.fact.name] = [other for other in left if abs(other.place - spot.place) > 25.0]
        return spot.place


def _spots_in(town: Town, block: Block, streets: Cells, barriers: Cells) -> list[Spot]:
    dice = Dice(f"spot/{town.fact.name}/{block.centre:.0f}")
    spots = []
    for a, b in connected_sides(town, block, streets):
        foot = a + (b - a) * dice.uniform(0.25, 0.75)
        place = town.bent(foot + unit(b - a) * 1j * dice.uniform(7.0, 16.0))
        if barriers.distance(place, 100.0) > 60.0:
            spots.append(Spot(place, block))
    return spots


class Spaces:
    """Makes the rows of sites, projects and existing services for settled compounds."""

    def __init__(
        self, county: County, compounds: list[Compound], residents: list[int], book: RoadBook
    ) -> None:
        self._county = county
        self._compounds = compounds
        self._residents = dict(zip((c.number for c in compounds), residents, strict=True))
        self._spots = Spots(county, compounds, book)

    def heart_of(self, community: CommunityFact) -> Point:
        """Return the point with the most of a community's residents within 340 m as the crow flies."""
        own = [c for c in self._compounds if c.community is community]
        return max(
            (c.place + (d.place - c.place) * share for c in own for d in own for share in (0.0, 0.35, 0.5)),
            key=lambda p: (self._residents_around(own, p, 340.0), -sum(abs(c.place - p) for c in own)),
        )

    def _residents_around(self, own: list[Compound], place: Point, radius: float) -> int:
        return sum(self._residents[c.number] for c in own if abs(c.place - place) <= radius)

    def projects(self) -> list[dict[str, object]]:
        """Return the four committed projects of annex 3 with illustrative functions and places."""
        rows: list[dict[str, object]] = []
        for number, (fact, areas) in enumerate(zip(PROJECTS, PROJECT_AREAS, strict=True), start=1):
            community = next(c for c in COMMUNITIES if c.name == fact.community)
            dice = Dice(f"project/{fact.community}")
            town = self._town_of(community)
            place = self._spots.near(town, self.heart_of(community), dice)
            standard = (ELDERLY, INFANT, AFTER_SCHOOL, MEALS) if fact.level == "municipal" else ()
            rows.append(
                {
                    "project_id": f"P{number:02d}",
                    "name": f"{fact.community}嵌入式服务综合体",
                    "level": fact.level,
                    "year": fact.year,
                    "community_code": community.code,
                    "form": "complex",
                    "floor_area_m2": fact.floor_area_m2,
                    "usable_area_m2": "",
                    "progress": fact.progress,
                    **_degrees(place),
                    "required_functions": "; ".join(standard),
                    "function_areas": _areas(areas),
                    "opening_cost_cny": 0,
                    "serves_communities": "",
                    "data_status": "official",
                    "functions_status": "illustrative",
                    "source": f"{ANNEX_SOURCE}；位置和功能面积为示例 (place and functions illustrative)",
                }
            )
        return rows

    def existing_services(self) -> list[dict[str, object]]:
        """Return illustrative services that already operate."""
        rows: list[dict[str, object]] = []
        for community in COMMUNITIES:
            dice = Dice(f"existing/{community.name}")
            for label, areas, probability in EXISTING:
                if not dice.chance(probability):
                    continue
                compound = dice.pick([c for c in self._compounds if c.community is community])
                town = self._town_of(community)
                place = self._spots.near(town, compound.place, dice, choices=4)
                drawn = {f: dice.whole(low // 5, high // 5) * 5 for f, (low, high) in areas.items()}
                rows.append(
                    {
                        "service_id": f"X{len(rows) + 1:02d}",
                        "name": f"{community.name}{label}（示例）",
                        "community_code": community.code,
                        **_degrees(place),
                        "floor_area_m2": round(sum(drawn.values()) / USABLE_SHARE) + dice.whole(2, 20),
                        "usable_area_m2": "",
                        "function_areas": _areas(drawn),
                        "serves_communities": "",
                        "operator": _operator(f"existing/{len(rows) + 1}"),
                        "convertible": "yes" if label in CONVERTIBLE_SINCE else "no",
                        "operating_since": CONVERTIBLE_SINCE.get(label, ""),
                        "data_status": "illustrative",
                        "source": ILLUSTRATIVE_SOURCE,
                    }
                )
        return rows

    def sites(self) -> list[dict[str, object]]:
        """Return the illustrative candidate sites, and a facility for each new estate."""
        rows: list[dict[str, object]] = []
        for community in COMMUNITIES:
            for order, size in enumerate(_sizes_for(community)):
                rows.append(self._site(len(rows) + 1, community, order, size))
            for compound in self._compounds:
                if compound.community is community and compound.occupied_from:
                    rows.append(self._estate_facility(len(rows) + 1, compound))
        return rows

    def _site(self, number: int, community: CommunityFact, order: int, size: str) -> dict[str, object]:
        dice = Dice(f"site/{community.name}/{order}")
        town = self._town_of(community)
        own = [c for c in self._compounds if c.community is community]
        kind = dice.weighted(KINDS_FOR_SMALL if size == "small" else KINDS_FOR_LARGE)
        if size == "medium":
            kind = dice.pick((kind, "estate_facility_owed", "community_rooms"))
        compound = dice.pick([c for c in own if not c.occupied_from])
        in_estate = kind in ("estate_open_land", "estate_facility_owed") and compound.estate_id is not None
        wanted = self.heart_of(community) if order in (0, 2, 4) else compound.place
        place = self._spots.near(town, wanted, dice, choices=(1, 2, 2, 5, 5, 5, 5)[order])
        if in_estate and dice.chance(0.6):
            place = compound.place + 14.0 * unit(town.bent(compound.block.centre + 1j) - compound.place)
        row = self._described(number, community, kind, size, dice)
        if in_estate:
            row["estate_id"] = compound.estate_id
        return {**row, **_degrees(place)}

    def _described(
        self, number: int, community: CommunityFact, kind: str, size: str, dice: Dice
    ) -> dict[str, object]:
        profile = STOCK[kind]
        low, high = SIZES[size]
        low, high = max(low, profile.floor_area_m2[0]), min(high, profile.floor_area_m2[1])
        floor_area = dice.whole(min(low, high) // 5, high // 5) * 5
        floor = dice.weighted({-1: 0.2, 2: 0.45, 3: 0.25, 4: 0.1}) if dice.chance(profile.upper_floors) else 1
        mode = dice.weighted(profile.modes)
        year = dice.weighted({2028: 0.5, 2029: 0.3, 2030: 0.2}) if dice.chance(_late(kind)) else ""
        cost = round(floor_area * dice.uniform(0.8, 1.5) * OPENING_COST_CNY_PER_M2[mode], -3)
        known_usable = dice.chance(0.15)
        return {
            "site_id": f"S{number:03d}",
            "name": f"{community.name}{profile.label}{number:03d}（示例）",
            "community_code": community.code,
            "estate_id": "",
            "longitude": 0.0,
            "latitude": 0.0,
            "floor_area_m2": floor_area,
            "usable_area_m2": round(floor_area * dice.uniform(0.62, 0.78)) if known_usable else "",
            "stock_kind": kind,
            "mode": mode,
            "floor": floor,
            "has_lift": _yes(floor > 1 and dice.chance(0.5)),
            "has_outdoor_space": _yes(floor in (1, 2) and dice.chance(profile.outdoor)),
            **self._surroundings(number, floor, floor_area, kind),
            "owner": dice.pick(profile.owners),
            "tenure": (tenure := dice.weighted(profile.tenures)),
            "rent_cny_per_m2_year": Dice(f"rent/{number}").whole(4, 12) * 12 if tenure == "rented" else "",
            "operator": _operator(f"site/{number}"),
            "consent": dice.weighted({"agreed": 0.55, "seeking": 0.4, "refused": 0.05}),
            "year_available": year,
            "opening_cost_cny": f"{cost:.0f}" if dice.chance(0.15) else "",
            "project_level": _level_for(floor_area),
            "joint_programme": (joined := dice.pick(PROGRAMMES) if dice.chance(0.22) else ""),
            "joint_programme_year": _joint_year(number, year) if joined else "",
            "excluded_functions": dice.pick(EXCLUSIONS) if dice.chance(0.1) else "",
            "serves_communities": self._neighbour(community, floor_area, dice),
            "land_use_code": profile.land_use_code,
            "data_status": "illustrative",
            "source": ILLUSTRATIVE_SOURCE,
        }

    def _surroundings(self, number: int, floor: int, floor_area: int, kind: str) -> dict[str, object]:
        """Entrance, kitchen, neighbours and plot of a site, drawn apart from everything else."""
        dice = Dice(f"surroundings/{number}")
        return {
            "has_own_entrance": _yes(floor == 1 or floor_area >= 600 or dice.chance(0.4)),
            "has_kitchen": _yes(kind not in ("government_idle_rooms", "community_rooms") or dice.chance(0.7)),
            "noise_sensitive_neighbours": _yes(dice.chance(0.15)),
            "plot_id": PLOTS.get(number, ""),
        }

    def _neighbour(self, community: CommunityFact, floor_area: int, dice: Dice) -> str:
        """A few large sites are declared to serve the next community of the same town too."""
        others = [c for c in COMMUNITIES if c.town_code == community.town_code and c is not community]
        if not others or floor_area < 600 or not dice.chance(0.25):
            return ""
        return min(others, key=lambda c: abs(c.place - community.place)).code

    def _estate_facility(self, number: int, compound: Compound) -> dict[str, object]:
        """The facility that a new estate's developer builds with the estate (同步交付)."""
        dice = Dice(f"estate-facility/{compound.number}")
        households = self._residents[compound.number] / 3.6
        row = self._described(number, compound.community, "estate_facility_owed", "medium", dice)
        place = compound.place + complex(dice.uniform(-18.0, 18.0), dice.uniform(-18.0, 18.0))
        return {
            **row,
            **_degrees(place),
            "name": f"{compound.name.removesuffix('（示例）')}配套用房（示例）",
            "estate_id": compound.estate_id,
            "floor_area_m2": round(households * dice.uniform(0.56, 0.9) / 5 + 4) * 5,
            "usable_area_m2": "",
            "stock_kind": "new_estate_facility",
            "mode": "new_build",
            "floor": 1,
            "has_lift": "no",
            "has_outdoor_space": "yes",
            "tenure": "returned",
            "rent_cny_per_m2_year": "",
            "consent": "agreed",
            "year_available": compound.occupied_from,
            "opening_cost_cny": 0,
            "project_level": "county",
            "joint_programme": "",
            "joint_programme_year": "",
            "excluded_functions": "",
        }

    def _town_of(self, community: CommunityFact) -> Town:
        return next(t for t in self._county.towns.values() if t.fact.code == community.town_code)


NATIONAL_FROM_M2, MUNICIPAL_FROM_M2 = 1000.0, 600.0
"""Floor areas from which a space would be put forward at a level: assumptions."""


def _joint_year(number: int, year_available: object) -> int:
    """The year in which a joint programme comes to a space, not before it is there; drawn apart."""
    drawn = Dice(f"joint-programme/{number}").weighted({2027: 0.3, 2028: 0.4, 2029: 0.3})
    return max(drawn, int(str(year_available or 0)))


def _level_for(floor_area_m2: float) -> str:
    """The level at which a space would be put forward: the larger, the higher (an assumption)."""
    if floor_area_m2 >= NATIONAL_FROM_M2:
        return "national"
    return "municipal" if floor_area_m2 >= MUNICIPAL_FROM_M2 else "county"


def _sizes_for(community: CommunityFact) -> tuple[str, ...]:
    if community.name in SCARCE_COMMUNITIES:
        return SCARCE_COMMUNITIES[community.name]
    if community.town_code == LOTUS_POND_CODE[:9]:
        return IN_COUNTY_SEAT
    return IN_TOWN_CENTRE if community.weight > 4.5 else IN_SMALL_TOWN


def _late(kind: str) -> float:
    return {"cleared_land": 0.6, "idle_land": 0.4}.get(kind, 0.12)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _degrees(place: Point) -> dict[str, object]:
    longitude, latitude = to_degrees(place)
    return {"longitude": f"{longitude:.6f}", "latitude": f"{latitude:.6f}"}


def _areas(areas: dict[str, int]) -> str:
    return "; ".join(f"{function}={square_metres}" for function, square_metres in areas.items())


OPENING_COST_CNY_PER_M2 = {"new_build": 3600, "rebuild": 1090, "extend": 2400, "add": 2800}
"""Only to draw the few explicit opening costs of the illustrative sites."""
PLOTS = {76: "PL076", 77: "PL076", 103: "PL103", 105: "PL103"}
"""Plots that two illustrative sites share: rebuilding what stands there, or building anew."""
OPERATORS = {"甲公司（示例）": 0.35, "乙社会服务中心（示例）": 0.2, "丙国企物业（示例）": 0.15, "": 0.3}
"""Operators of sites and services and how often they are named: invented."""


def _operator(what: str) -> str:
    """Who runs, or is to run, a space; empty: not settled. Drawn apart from everything else."""
    return Dice(f"operator/{what}").weighted(OPERATORS)


PROGRAMMES = ("老旧小区改造", "完整社区建设", "城市一刻钟便民生活圈", "适老化改造")
EXCLUSIONS = (MEALS, INFANT, f"{MEALS}; {INFANT}", SPORTS, f"{ELDERLY}; {INFANT}")

PROJECT_AREAS: tuple[dict[str, int], ...] = (
    {ELDERLY: 260, INFANT: 160, AFTER_SCHOOL: 110, MEALS: 110, HEALTH: 90, CULTURE: 100},
    {ELDERLY: 160, AFTER_SCHOOL: 90, MEALS: 70},
    {ELDERLY: 140, INFANT: 100, MEALS: 70, HOUSEKEEPING: 20},
    {ELDERLY: 140, INFANT: 100, AFTER_SCHOOL: 80, MEALS: 70},
)
"""Illustrative usable m² of the four projects, in the order of annex 3."""

EXISTING: tuple[tuple[str, dict[str, tuple[int, int]], float], ...] = (
    ("卫生服务站", {HEALTH: (110, 180)}, 0.5),
    ("文化活动室", {CULTURE: (175, 240)}, 0.36),
    ("日间照料中心", {ELDERLY: (250, 320)}, 0.14),
    ("托育点", {INFANT: (140, 200)}, 0.08),
    ("健身苑", {SPORTS: (120, 200)}, 0.12),
    ("便民服务点", {HOUSEKEEPING: (40, 60)}, 0.12),
)
"""Illustrative kinds of existing services: name, usable m² (from, to), share of communities that have one."""

CONVERTIBLE_SINCE = {"文化活动室": 2021, "健身苑": 2025}
"""Kinds taken as little used, which may be converted, with the year since which they operate."""
