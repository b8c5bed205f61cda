"""Draw the picture of the README from a result folder: roads, sites and what residents can walk to.

    pip install '.[picture]'
    python docs/make_picture.py results/2027-2030 docs/images/plan-2027-2030.png

Shows one town: demand points coloured by how many functions are within a suitable walk in the last year,
sites opened by the plan, and what was there before.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection

from siteplan.inputs.roads import read_roads
from siteplan.publish import read_plan, read_run_record

BUNDLED_TOWN = "610124001"
MARGIN_DEGREES = 0.004
METRIC_CRS = "EPSG:4545"
KINDS_OF_SITES = (
    ("existing", "service in operation", "s", "#555555"),
    ("committed", "committed project", "P", "#1f4e9e"),
    ("candidate", "opened by the plan", "*", "#d1495b"),
)


@dataclass(frozen=True)
class Picture:
    """What is drawn: features of one town by file, road segments in degrees, and words about the plan."""

    demand: list[dict[str, Any]]
    sites: list[dict[str, Any]]
    roads: list[list[tuple[float, float]]]
    functions: int
    year: int
    is_illustrative: bool


def features_of(file: Path, town: str) -> list[dict[str, Any]]:
    """Return the features of a GeoJSON file that lie in a town."""
    features: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["features"]
    return [feature for feature in features if feature["properties"]["town_code"] == town]


def road_segments(results: Path) -> list[list[tuple[float, float]]]:
    """Return the walkable edges of the run's road file as pairs of longitude and latitude."""
    record = read_run_record(results)
    case_folder = record.root(results) / record.case_folder
    network = read_roads(next(case_folder.glob("roads.*")), METRIC_CRS)
    points = list(zip(network.longitude.tolist(), network.latitude.tolist(), strict=True))
    ends = zip(network.edge_from.tolist(), network.edge_to.tolist(), strict=True)
    return [[points[begin], points[end]] for begin, end in ends]


def picture_of(results: Path, town: str) -> Picture:
    """Collect what is drawn of a result folder."""
    plan = read_plan(results)
    return Picture(
        demand=features_of(results / "coverage.geojson", town),
        sites=features_of(results / "sites.geojson", town),
        roads=road_segments(results),
        functions=len({figure.function for figure in plan.coverage}),
        year=plan.years[-1],
        is_illustrative=plan.illustrative,
    )


def covered_functions(feature: dict[str, Any], year: int) -> int:
    """Return how many functions a demand point has within a suitable walk in ``year``."""
    properties = feature["properties"]
    return sum(
        properties[key] is True
        for key in properties
        if key.startswith("covered_") and key.endswith(f"_{year}")
    )


def draw(picture: Picture, output: Path) -> None:
    """Draw the picture and save it."""
    longitudes, latitudes = _coordinates(picture.demand)
    figure, axes = plt.subplots(figsize=(9, 6.5), layout="constrained")
    axes.add_collection(LineCollection(picture.roads, colors="#cccccc", linewidths=0.6, zorder=1))
    points = axes.scatter(
        longitudes,
        latitudes,
        c=[covered_functions(feature, picture.year) for feature in picture.demand],
        s=[12 + feature["properties"]["households"] / 12 for feature in picture.demand],
        cmap=mpl.colormaps["viridis"],
        vmin=0,
        vmax=picture.functions,
        edgecolors="white",
        linewidths=0.5,
        zorder=2,
    )
    for role, label, marker, colour in KINDS_OF_SITES:
        kind = [site for site in picture.sites if site["properties"]["role"] == role]
        axes.scatter(
            *_coordinates(kind), marker=marker, s=130, c=colour, edgecolors="white", label=label, zorder=3
        )
    axes.set_xlim(min(longitudes) - MARGIN_DEGREES, max(longitudes) + MARGIN_DEGREES)
    axes.set_ylim(min(latitudes) - MARGIN_DEGREES, max(latitudes) + MARGIN_DEGREES)
    axes.set_aspect(1.2)
    axes.set_axis_off()
    axes.legend(loc="lower left", frameon=True)
    figure.colorbar(points, ax=axes, shrink=0.6, label=f"functions within a suitable walk in {picture.year}")
    if picture.is_illustrative:
        axes.set_title("Made from illustrative data", fontsize=10, loc="left")
    figure.savefig(output, dpi=120)


def _coordinates(features: list[dict[str, Any]]) -> tuple[list[float], list[float]]:
    places = [feature["geometry"]["coordinates"] for feature in features]
    return [place[0] for place in places], [place[1] for place in places]


def main() -> None:
    """Draw the picture of the result folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("results", type=Path, help="result folder of `siteplan solve`")
    parser.add_argument("output", type=Path, help="the .png file to write")
    parser.add_argument("--town", default=BUNDLED_TOWN, help="9-digit code of the town that is shown")
    arguments = parser.parse_args()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    draw(picture_of(arguments.results, arguments.town), arguments.output)


if __name__ == "__main__":
    main()
