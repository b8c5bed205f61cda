"""The findings that stop a road file from being read, one each."""

from __future__ import annotations

from pathlib import Path

from siteplan.findings import InputError, Place, error
from siteplan.text import Text

FORMATS = Text(
    zh=".osm、.osm.bz2、.osm.gz、.osm.pbf、.graphml 或 .gpkg 文件",
    en="a file ending in .osm, .osm.bz2, .osm.gz, .osm.pbf, .graphml or .gpkg",
)


def fault(code: str, path: Path | None, *, found: Text, allowed: Text, mend: Text) -> InputError:
    """Return an `InputError` with one finding about a road file."""
    return InputError([error(code, Place(path), found=found, allowed=allowed, mend=mend)])


def missing_file(path: Path) -> InputError:
    """No such file."""
    return fault(
        "roads-missing",
        path,
        found=Text(zh="找不到路网文件", en="there is no such road file"),
        allowed=FORMATS,
        mend=Text(
            zh="检查路径和文件名，或用 `siteplan roads fetch` 下载路网",
            en="check path and name, or download roads with `siteplan roads fetch`",
        ),
    )


def directory_not_file(path: Path) -> InputError:
    """A folder stands where the file should be."""
    return fault(
        "roads-is-a-folder",
        path,
        found=Text(zh="这是一个文件夹，不是路网文件", en="a folder, not a road file"),
        allowed=FORMATS,
        mend=Text(zh="写出文件夹里的路网文件名", en="name the road file inside the folder"),
    )


def unreadable_file(path: Path, reason: str) -> InputError:
    """The operating system refuses to open the file."""
    return fault(
        "roads-unreadable",
        path,
        found=Text(zh=f"文件打不开：{reason}", en=f"the file can't be opened: {reason}"),
        allowed=Text(zh="可读的文件", en="a file that may be read"),
        mend=Text(zh="检查文件的访问权限", en="check the permissions of the file"),
    )


def empty_file(path: Path) -> InputError:
    """The file has no content."""
    return fault(
        "roads-empty-file",
        path,
        found=Text(zh="文件是空的（0 字节）", en="the file is empty (0 bytes)"),
        allowed=FORMATS,
        mend=Text(
            zh="重新下载或复制：上一次多半中断了",
            en="download or copy it again: the last attempt was probably cut off",
        ),
    )


def unknown_format(path: Path) -> InputError:
    """The file's name ends in nothing that is known."""
    return fault(
        "roads-unknown-format",
        path,
        found=Text(zh=f"不认识的文件格式“{path.suffix}”", en=f"unknown file format {path.suffix!r}"),
        allowed=FORMATS,
        mend=Text(
            zh="转换格式（QGIS 可另存为 GeoPackage），或改正文件扩展名",
            en="convert it (QGIS saves a GeoPackage), or correct the name's ending",
        ),
    )


def broken_file(path: Path, reason: str) -> InputError:
    """The content isn't what the name's ending promises, or it is cut off."""
    words = " ".join(reason.split())
    return fault(
        "roads-broken-file",
        path,
        found=Text(
            zh=f"内容损坏，或与扩展名不符：{words}",
            en=f"the content is damaged or isn't what the name's ending says: {words}",
        ),
        allowed=FORMATS,
        mend=Text(
            zh="重新下载该文件；如果是别的格式，改正扩展名",
            en="download the file again; if it is of another format, correct its ending",
        ),
    )


def no_walkable_way(path: Path) -> InputError:
    """Nothing in the file can be walked on."""
    return fault(
        "roads-none-walkable",
        path,
        found=Text(
            zh="文件里没有一条步行者可以走、且节点齐全的道路",
            en="not one way in the file may be walked on and has its nodes",
        ),
        allowed=Text(
            zh="至少一条可步行的道路（规则见 docs/roads.md）",
            en="at least one walkable way (the rules are in docs/roads.md)",
        ),
        mend=Text(
            zh="检查该文件是否含道路及其节点，范围是否正确",
            en="check that the file holds roads with their nodes, and the right area",
        ),
    )


def no_line_layer(path: Path) -> InputError:
    """A GeoPackage without a layer of lines."""
    return fault(
        "roads-no-line-layer",
        path,
        found=Text(zh="没有线图层", en="there is no layer of lines"),
        allowed=Text(zh="至少一个道路中心线图层", en="at least one layer of road centre lines"),
        mend=Text(zh="导出道路线图层", en="export the layer that holds the roads as lines"),
    )


def file_without_crs(path: Path, where: Text) -> InputError:
    """The coordinates can't be located."""
    return fault(
        "roads-without-crs",
        path,
        found=Text(
            zh=f"{where.zh}没有坐标参考系，坐标含义不明",
            en=f"{where.en} has no coordinate reference system, so its coordinates can't be located",
        ),
        allowed=Text(
            zh="写明坐标参考系，例如 EPSG:4326 或 EPSG:4545",
            en="a stated coordinate reference system, for example EPSG:4326 or EPSG:4545",
        ),
        mend=Text(
            zh="在 GIS 软件里为图层设定坐标参考系后另存",
            en="set the layer's coordinate reference system in a GIS and save it again",
        ),
    )


def unknown_crs(path: Path | None, name: str) -> InputError:
    """PROJ doesn't know the coordinate reference system."""
    return fault(
        "roads-unknown-crs",
        path,
        found=Text(zh=f"不认识的坐标参考系“{name}”", en=f"unknown coordinate reference system {name!r}"),
        allowed=Text(zh="例如 EPSG:4545", en="for example EPSG:4545"),
        mend=Text(zh="改正代码", en="correct the code"),
    )


def metric_crs_not_metric(name: str) -> InputError:
    """Distances can't be measured in degrees or feet."""
    return fault(
        "roads-crs-not-metric",
        None,
        found=Text(
            zh=f"坐标参考系“{name}”不是以米为单位的投影坐标系，不能量距离",
            en=f"{name!r} is not a projected coordinate system in metres: distances can't be measured in it",
        ),
        allowed=Text(
            zh="以米为单位的投影坐标系，例如 EPSG:4545（周至）",
            en="a projected system in metres, for example EPSG:4545 (Zhouzhi)",
        ),
        mend=Text(
            zh="改正 metric_crs（case.yaml，或选项 --metric-crs）",
            en="correct metric_crs (in case.yaml, or the option --metric-crs)",
        ),
    )


def metric_crs_elsewhere(path: Path, name: str, longitude: float, latitude: float) -> InputError:
    """The metric CRS is made for another part of the world, so its metres aren't metres here."""
    here = f"{longitude:.3f}°, {latitude:.3f}°"
    return fault(
        "roads-crs-elsewhere",
        path,
        found=Text(
            zh=f"道路位于 {here}（经度、纬度），坐标参考系“{name}”在那里量出的长度误差超过 1 %",
            en=f"the roads lie at {here} (longitude, latitude), where lengths in {name!r} "
            "are wrong by more than 1 %",
        ),
        allowed=Text(
            zh="适用于该地区的投影坐标系", en="a projected system that is made for that part of the world"
        ),
        mend=Text(
            zh="检查道路文件的范围和经纬度顺序，或改用当地的 metric_crs",
            en="check the area of the road file and the order of its coordinates, or use a local metric_crs",
        ),
    )


def coordinates_impossible(path: Path) -> InputError:
    """Some coordinates aren't numbers, or lie outside the globe."""
    return fault(
        "roads-coordinates-impossible",
        path,
        found=Text(
            zh="有的节点坐标缺失、不是数字，或不在地球上",
            en="some nodes have coordinates that are missing, no numbers, or not on the globe",
        ),
        allowed=Text(zh="经度 -180 … 180，纬度 -90 … 90", en="longitudes -180 … 180, latitudes -90 … 90"),
        mend=Text(zh="检查经纬度顺序和坐标参考系", en="check the order of the coordinates and their system"),
    )
