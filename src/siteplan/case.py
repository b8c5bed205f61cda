"""The tables of a case: one frozen row type each, from which the data dictionary is generated.

A case is a folder with ``case.yaml`` and the tables named in `TABLES`. Every column carries its Chinese
alias and unit; table files may use either the English name or the alias as header, and either the
English key or the Chinese label for the values of a choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from siteplan.findings import Place
from siteplan.text import Text


class Choice(StrEnum):
    """A column's fixed choice of values: an English key each, with its Chinese label in `labels`."""

    @classmethod
    def labels(cls) -> dict[Any, str]:
        """Return the Chinese label of each member."""
        raise NotImplementedError

    @property
    def text(self) -> Text:
        """Return the value as planner-facing text."""
        return Text(zh=self.labels()[self], en=self.value.replace("_", " "))


class DataStatus(Choice):
    """How far a record can be relied on; anything made from an illustrative record says so."""

    OFFICIAL = "official"
    APPROXIMATE = "approximate"
    ILLUSTRATIVE = "illustrative"

    @classmethod
    def labels(cls) -> dict[Any, str]:
        return {cls.OFFICIAL: "公开", cls.APPROXIMATE: "近似", cls.ILLUSTRATIVE: "示例"}


class StockKind(Choice):
    """Where the space comes from (周至方案 附件2-8 and 二: 存量资源)."""

    COMMUNITY_ROOMS = "community_rooms"
    ESTATE_OPEN_LAND = "estate_open_land"
    CLEARED_LAND = "cleared_land"
    IDLE_LAND = "idle_land"
    IDLE_PREMISES = "idle_premises"
    GOVERNMENT_IDLE_ROOMS = "government_idle_rooms"
    STATE_FIRM_PREMISES = "state_firm_premises"
    ESTATE_FACILITY_OWED = "estate_facility_owed"
    NEW_ESTATE_FACILITY = "new_estate_facility"

    @classmethod
    def labels(cls) -> dict[Any, str]:
        return {
            cls.COMMUNITY_ROOMS: "社区用房",
            cls.ESTATE_OPEN_LAND: "小区空闲用地",
            cls.CLEARED_LAND: "老旧小区腾退用地",
            cls.IDLE_LAND: "低效闲置用地",
            cls.IDLE_PREMISES: "低效闲置房屋",
            cls.GOVERNMENT_IDLE_ROOMS: "机关闲置用房",
            cls.STATE_FIRM_PREMISES: "国企闲置房产",
            cls.ESTATE_FACILITY_OWED: "小区应交未交配套",
            cls.NEW_ESTATE_FACILITY: "新建小区配套",
        }


class Mode(Choice):
    """Construction mode (建设方式)."""

    NEW_BUILD = "new_build"
    REBUILD = "rebuild"
    EXTEND = "extend"
    ADD = "add"

    @classmethod
    def labels(cls) -> dict[Any, str]:
        return {cls.NEW_BUILD: "新建", cls.REBUILD: "改建", cls.EXTEND: "扩建", cls.ADD: "补建"}


class Form(Choice):
    """Form of a site (建设形式): several functions under one roof, or one or two scattered ones."""

    COMPLEX = "complex"
    SCATTERED = "scattered"

    @classmethod
    def labels(cls) -> dict[Any, str]:
        return {cls.COMPLEX: "综合体", cls.SCATTERED: "插花"}


class Consent(Choice):
    """Consent of residents, owners' committee and property owner (周至方案 四（三）)."""

    AGREED = "agreed"
    SEEKING = "seeking"
    REFUSED = "refused"

    @classmethod
    def labels(cls) -> dict[Any, str]:
        return {cls.AGREED: "已同意", cls.SEEKING: "征求中", cls.REFUSED: "未同意"}


class Tenure(Choice):
    """How the space is held (周至方案 二: 不求所有、但求所用)."""

    OWNED = "owned"
    LENT_FREE = "lent_free"
    RENTED = "rented"
    RETURNED = "returned"

    @classmethod
    def labels(cls) -> dict[Any, str]:
        return {
            cls.OWNED: "自有",
            cls.LENT_FREE: "无偿使用",
            cls.RENTED: "租赁",
            cls.RETURNED: "开发商移交",
        }


class ProjectLevel(Choice):
    """Level at which a committed project is listed (周至方案 附件3)."""

    NATIONAL = "national"
    MUNICIPAL = "municipal"
    COUNTY = "county"

    @classmethod
    def labels(cls) -> dict[Any, str]:
        return {cls.NATIONAL: "国家级", cls.MUNICIPAL: "市级", cls.COUNTY: "县级"}


def column(zh: str, description: str, *, unit: str = "", **constraints: Any) -> Any:
    """Describe a column: Chinese alias, meaning, unit, and pydantic constraints such as ``ge=0``."""
    return Field(description=description, json_schema_extra={"zh": zh, "unit": unit}, **constraints)


Longitude = Annotated[float, column("经度", "Longitude in the case's datum.", unit="°", ge=-180, le=180)]
Latitude = Annotated[float, column("纬度", "Latitude in the case's datum.", unit="°", ge=-90, le=90)]
Residents = Annotated[float, Field(ge=0)]
Status = Annotated[DataStatus, column("数据状态", "How far the record can be relied on.")]
Source = Annotated[str, column("来源", "Where the record comes from, or the assumption it rests on.")]


class CellList(StrEnum):
    """What a cell with several values lists: metadata of a column's type, for readers."""

    FUNCTIONS = "functions"
    CODES = "codes"


FunctionList = Annotated[tuple[str, ...], CellList.FUNCTIONS]
"""Several functions in one cell, separated by ``;`` (or ；、): keys or Chinese names."""
FunctionAreas = dict[str, float]
"""Functions with usable m² in one cell: ``elderly_care=120; community_meals=80``."""
CodeList = Annotated[tuple[str, ...], CellList.CODES]
"""Several codes in one cell, separated by ``;`` (or ；、)."""


class Row(BaseModel):
    """A row of a table. Unknown columns are refused; ``place`` says where the row was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    place: Annotated[Place, Field(default_factory=Place, exclude=True, repr=False)]


class Town(Row):
    """A street or town (镇街)."""

    town_code: Annotated[str, column("镇街代码", "9-digit statistical division code.", pattern=r"^\d{9}$")]
    town_name: Annotated[str, column("镇街名称", "Name.", min_length=1)]
    longitude: Longitude
    latitude: Latitude
    data_status: Status
    source: Source


class Community(Row):
    """A community (社区). Only those in scope count in coverage; the others print 不涉及."""

    community_code: Annotated[
        str,
        column("社区代码", "12-digit statistical division code, or a provisional one.", pattern=r"^\d{12}$"),
    ]
    community_name: Annotated[str, column("社区名称", "Name.", min_length=1)]
    town_code: Annotated[str, column("镇街代码", "Code of the street or town it belongs to.")]
    in_scope: Annotated[bool, column("是否纳入", "Whether the plan's targets count it.")] = True
    code_provisional: Annotated[
        bool, column("代码暂定", "Whether the code is not (yet) in the official list.")
    ] = False
    longitude: Longitude
    latitude: Latitude
    data_status: Status
    source: Source


class DemandPoint(Row):
    """A residential compound or block (居民点)."""

    demand_id: Annotated[str, column("居民点编号", "Identifier, unique in the table.", min_length=1)]
    name: Annotated[str, column("名称", "Name.")]
    community_code: Annotated[str, column("社区代码", "Community it belongs to.")]
    estate_id: Annotated[str | None, column("小区编号", "Estate it belongs to.")] = None
    longitude: Longitude
    latitude: Latitude
    households: Annotated[float, column("户数", "Households.", unit="households", ge=0)]
    residents_age_0_2: Annotated[Residents, column("0-2岁人口", "Residents under 3.", unit="persons")]
    residents_age_3_5: Annotated[Residents, column("3-5岁人口", "Residents of 3 to 5.", unit="persons")]
    residents_age_6_12: Annotated[Residents, column("6-12岁人口", "Residents of 6 to 12.", unit="persons")]
    residents_age_13_17: Annotated[Residents, column("13-17岁人口", "Residents of 13 to 17.", unit="persons")]
    residents_age_18_59: Annotated[Residents, column("18-59岁人口", "Residents of 18 to 59.", unit="persons")]
    residents_age_60_69: Annotated[Residents, column("60-69岁人口", "Residents of 60 to 69.", unit="persons")]
    residents_age_70_79: Annotated[Residents, column("70-79岁人口", "Residents of 70 to 79.", unit="persons")]
    residents_age_80_plus: Annotated[
        Residents, column("80岁以上人口", "Residents of 80 and over.", unit="persons")
    ]
    occupied_from: Annotated[
        int | None, column("入住年份", "First year in which people live there; empty: already.", unit="year")
    ] = None
    data_status: Status
    source: Source

    @property
    def residents(self) -> float:
        """Residents of all ages, in persons."""
        return sum(self.residents_of(age_group) for age_group in AGE_GROUPS)

    def residents_of(self, age_group: str) -> float:
        """Return the residents of one of `AGE_GROUPS`, in persons."""
        return float(getattr(self, f"residents_{age_group}"))


AGE_GROUPS = (
    "age_0_2",
    "age_3_5",
    "age_6_12",
    "age_13_17",
    "age_18_59",
    "age_60_69",
    "age_70_79",
    "age_80_plus",
)
"""Age groups of residents, as in the columns ``residents_<age group>``."""


class CandidateSite(Row):
    """An existing or buildable space that could hold services (备选空间)."""

    site_id: Annotated[
        str, column("备选空间编号", "Identifier, unique over sites, projects and services.", min_length=1)
    ]
    name: Annotated[str, column("名称", "Name.")]
    community_code: Annotated[str, column("社区代码", "Community in which it lies.")]
    estate_id: Annotated[str | None, column("小区编号", "Estate in which it lies.")] = None
    longitude: Longitude
    latitude: Latitude
    floor_area_m2: Annotated[float, column("建筑面积", "Floor area.", unit="m²", gt=0)]
    usable_area_m2: Annotated[
        float | None,
        column("使用面积", "Usable area; empty: floor area × the share in standards.yaml.", unit="m²", gt=0),
    ] = None
    stock_kind: Annotated[StockKind, column("存量类型", "Kind of existing stock.")]
    mode: Annotated[Mode, column("建设方式", "Construction mode.")]
    floor: Annotated[
        int, column("所在楼层", "Floor of the space: 1 is the ground floor, below 0 a basement.")
    ] = 1
    has_lift: Annotated[bool, column("有无电梯", "Whether a lift reaches it.")] = False
    has_outdoor_space: Annotated[bool, column("有无室外场地", "Whether open ground belongs to it.")] = False
    has_own_entrance: Annotated[
        bool, column("独立出入口", "Whether it has, or can get, an entrance of its own.")
    ] = True
    has_kitchen: Annotated[
        bool, column("可设厨房", "Whether it has, or can get, a kitchen with smoke exhaust.")
    ] = True
    noise_sensitive_neighbours: Annotated[
        bool,
        column("邻近噪声敏感建筑", "Whether noise would disturb dwellings, wards or classrooms beside it."),
    ] = False
    plot_id: Annotated[
        str | None,
        column("地块编号", "Plot; sites of one plot exclude each other, such as 改建 or 新建 of it."),
    ] = None
    owner: Annotated[str, column("产权单位", "Owner of the space.")] = ""
    tenure: Annotated[Tenure, column("使用方式", "How the space is held.")] = Tenure.LENT_FREE
    rent_cny_per_m2_year: Annotated[
        float | None,
        column(
            "年租金",
            "Rent of a rented space per m² floor area, from the year after opening; empty: none.",
            unit="CNY/(m²·a)",
            ge=0,
        ),
    ] = None
    operator: Annotated[str, column("运营主体", "Who runs it, or is to run it; empty: not settled.")] = ""
    consent: Annotated[Consent, column("意见征求", "Consent of residents and owners.")] = Consent.SEEKING
    year_available: Annotated[
        int | None, column("可用年份", "First year in which it can open; empty: at once.", unit="year")
    ] = None
    opening_cost_cny: Annotated[
        float | None,
        column(
            "建设费用",
            "Cost of making it ready, without fit-out; empty: by mode from costs.yaml.",
            unit="CNY",
            ge=0,
        ),
    ] = None
    project_level: Annotated[
        ProjectLevel, column("拟列级别", "Level at which it is to be listed, for funding.")
    ] = ProjectLevel.COUNTY
    joint_programme: Annotated[
        str, column("结合项目", "Programme it is joined with, such as 老旧小区改造.")
    ] = ""
    joint_programme_year: Annotated[
        int | None,
        column(
            "结合项目年份",
            "Year in which that programme comes to the space; counts where the scenario lists the programme "
            "(`joint_programmes`).",
            unit="year",
        ),
    ] = None
    excluded_functions: Annotated[FunctionList, column("不宜功能", "Functions that may not go in it.")] = ()
    serves_communities: Annotated[
        CodeList, column("服务社区", "Further communities it is declared to serve.")
    ] = ()
    land_use_code: Annotated[str, column("用地代码", "Registered land-use code, as supplied.")] = ""
    data_status: Status
    source: Source


class CommittedProject(Row):
    """A project whose opening year, area and form are decided (已列入名录项目)."""

    project_id: Annotated[
        str, column("项目编号", "Identifier, unique over sites, projects and services.", min_length=1)
    ]
    name: Annotated[str, column("项目名称", "Name.")]
    level: Annotated[ProjectLevel, column("项目级别", "Level at which it is listed.")]
    year: Annotated[int, column("建设年份", "Year in which it opens.", unit="year")]
    community_code: Annotated[str, column("社区代码", "Community in which it lies.")]
    form: Annotated[Form, column("建设形式", "Form as listed.")]
    floor_area_m2: Annotated[float, column("建设规模", "Floor area as listed.", unit="m²", gt=0)]
    usable_area_m2: Annotated[
        float | None,
        column("使用面积", "Usable area; empty: floor area × the share in standards.yaml.", unit="m²", gt=0),
    ] = None
    progress: Annotated[
        str, column("建设内容", "State of the project as listed, such as 需装修, 已收房.")
    ] = ""
    longitude: Longitude
    latitude: Latitude
    required_functions: Annotated[
        FunctionList, column("必设功能", "Functions it must provide where the plan decides the rest.")
    ] = ()
    function_areas: Annotated[
        FunctionAreas,
        column(
            "功能面积", "Functions with usable area, used where it opens before the first year.", unit="m²"
        ),
    ]
    opening_cost_cny: Annotated[
        float, column("建设费用", "Cost of making it ready, without fit-out.", unit="CNY", ge=0)
    ] = 0.0
    operator: Annotated[str, column("运营主体", "Who runs it, or is to run it; empty: not settled.")] = ""
    serves_communities: Annotated[
        CodeList, column("服务社区", "Further communities it is declared to serve.")
    ] = ()
    data_status: Status
    functions_status: Annotated[
        DataStatus, column("功能数据状态", "How far the listed functions can be relied on.")
    ]
    source: Source


class ExistingService(Row):
    """A service that already operates: open from the first year, without capital cost."""

    service_id: Annotated[
        str, column("现有服务编号", "Identifier, unique over sites, projects and services.", min_length=1)
    ]
    name: Annotated[str, column("名称", "Name.")]
    community_code: Annotated[str, column("社区代码", "Community in which it lies.")]
    longitude: Longitude
    latitude: Latitude
    floor_area_m2: Annotated[float, column("建筑面积", "Floor area.", unit="m²", gt=0)]
    usable_area_m2: Annotated[
        float | None,
        column("使用面积", "Usable area; empty: floor area × the share in standards.yaml.", unit="m²", gt=0),
    ] = None
    function_areas: Annotated[FunctionAreas, column("功能面积", "Functions with usable area.", unit="m²")]
    serves_communities: Annotated[
        CodeList, column("服务社区", "Further communities it is declared to serve.")
    ] = ()
    operator: Annotated[str, column("运营主体", "Who runs it, or is to run it; empty: not settled.")] = ""
    convertible: Annotated[
        bool, column("可否转换", "Whether it is little used and may be converted to other functions.")
    ] = False
    operating_since: Annotated[
        int | None, column("启用年份", "Year since which it operates; empty: long ago.", unit="year")
    ] = None
    data_status: Status
    source: Source


class ZoneKind(Choice):
    """What makes a place unsafe (周至方案: 在选址布局时要做好安全评估)."""

    FLOOD = "flood"
    GEOLOGY = "geology"
    PIPELINE = "pipeline"
    PETROL_STATION = "petrol_station"
    HAZARDOUS_SITE = "hazardous_site"
    OTHER = "other"

    @classmethod
    def labels(cls) -> dict[Any, str]:
        return {
            cls.FLOOD: "洪水淹没区",
            cls.GEOLOGY: "地质灾害隐患区",
            cls.PIPELINE: "油气管线",
            cls.PETROL_STATION: "加油加气站",
            cls.HAZARDOUS_SITE: "危险源",
            cls.OTHER: "其他",
        }


class ExclusionZone(BaseModel):
    """A feature of ``exclusion_zones.geojson``: no candidate within ``buffer_m`` of it may be used.

    ``excluded_functions``: only these may not go there; none named: no function may. ``wkt`` is the geometry
    in WGS 84 longitude and latitude.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: ZoneKind
    name: Annotated[str, Field(min_length=1)]
    buffer_m: Annotated[float, Field(ge=0)] = 0.0
    excluded_functions: tuple[str, ...] = ()
    wkt: str

    @property
    def text(self) -> Text:
        """Return kind and name as planner-facing text."""
        return Text(zh=f"{self.kind.text.zh}“{self.name}”", en=f"{self.kind.text.en} {self.name}")


class CommunityBoundary(BaseModel):
    """The official boundary of a community, where one is supplied (`COMMUNITY_BOUNDARIES`); for drawing only.

    ``wkt`` is a polygon or several in WGS 84 longitude and latitude.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    community_code: str
    wkt: str


COMMUNITY_BOUNDARIES = "community_boundaries.geojson"
"""The optional layer of community boundaries in a case folder."""

EXCLUSION_ZONES = "exclusion_zones.geojson"
"""The optional layer of exclusion zones in a case folder."""


class Datum(StrEnum):
    """Datum of a case's coordinates. Only `WGS84` is read so far; the others are refused by name."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class CaseHeader(BaseModel):
    """``case.yaml``: what the case is and where its tables and roads are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(description="Title of the case.", min_length=1)]
    county_code: Annotated[str, Field(description="6-digit county code.", pattern=r"^\d{6}$")]
    county_name: Annotated[str, Field(description="Name of the county.")]
    datum: Annotated[
        Datum, Field(description="Datum of all coordinates in the tables: wgs84 (others come later).")
    ]
    metric_crs: Annotated[
        str,
        Field(
            description="Projected CRS in metres for distances, such as EPSG:4545.", pattern=r"^EPSG:\d{4,5}$"
        ),
    ]
    extent: Annotated[
        tuple[float, float, float, float],
        Field(description="Smallest longitude, smallest latitude, largest longitude, largest latitude."),
    ]
    roads: Annotated[str, Field(description="Road file, relative to the case folder.")] = "roads.osm"
    notes: Annotated[
        str, Field(description="What is official, approximate and illustrative in the case.")
    ] = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as read: its folder, header and tables, rows in file order."""

    folder: Path
    header: CaseHeader
    towns: tuple[Town, ...]
    communities: tuple[Community, ...]
    demand_points: tuple[DemandPoint, ...]
    sites: tuple[CandidateSite, ...]
    projects: tuple[CommittedProject, ...]
    existing_services: tuple[ExistingService, ...]
    exclusion_zones: tuple[ExclusionZone, ...] = ()
    community_boundaries: tuple[CommunityBoundary, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that the case was read from, the road file last."""
        names = ("case.yaml", *(f"{table}.csv" for table in TABLES), EXCLUSION_ZONES, COMMUNITY_BOUNDARIES)
        there = (file for name in names if (file := self.folder / name).is_file())
        return (*there, self.roads_file)

    @property
    def new_estates(self) -> dict[str, int]:
        """Estates under construction: id → first year in which people live there."""
        years: dict[str, int] = {}
        for row in self.demand_points:
            if row.estate_id is not None and row.occupied_from is not None:
                years[row.estate_id] = min(row.occupied_from, years.get(row.estate_id, row.occupied_from))
        return years

    @property
    def roads_file(self) -> Path:
        """Path of the road file."""
        return self.folder / self.header.roads

    @property
    def is_illustrative(self) -> bool:
        """Whether any record of the case, or the functions of a project, are illustrative."""
        tables: tuple[tuple[Any, ...], ...] = (
            *(self.towns, self.communities, self.demand_points),
            *(self.sites, self.projects, self.existing_services),
        )
        return any(row.data_status is DataStatus.ILLUSTRATIVE for table in tables for row in table) or any(
            project.functions_status is DataStatus.ILLUSTRATIVE for project in self.projects
        )


TABLES: dict[str, type[Row]] = {
    "towns": Town,
    "communities": Community,
    "demand_points": DemandPoint,
    "sites": CandidateSite,
    "projects": CommittedProject,
    "existing_services": ExistingService,
}
"""The tables of a case by file stem; ``existing_services`` and ``projects`` may be empty."""
