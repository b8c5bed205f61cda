"""`walking_access` and `check_reach` on whole cases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_case import TINY_CROSSINGS, TINY_STREETS, changed, roads_xml, tiny_rows, write_tiny_case

from siteplan.case import Case
from siteplan.findings import Finding, Severity
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.roads import read_roads
from siteplan.network import RoadNetwork, WalkingAccess
from siteplan.policy import Policy
from siteplan.reach import check_reach, walking_access

ISLAND = {11: (108.23, 34.16), 12: (108.231, 34.16)}


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The policy of the repository."""
    return load_policy(Path(__file__).parents[2] / "model")


def accessed(
    folder: Path, policy: Policy, *, roads: str | None = None, **tables: Any
) -> tuple[Case, RoadNetwork, WalkingAccess]:
    """Write and read a variation of the tiny case (``tables``: its rows), and compute its distances."""
    case = load_case(write_tiny_case(folder / "case", roads=roads, **tables), function_names(policy))
    network = read_roads(case.roads_file, case.header.metric_crs)
    return case, network, walking_access(network, case, policy, 1000.0)


def findings_of(
    folder: Path,
    policy: Policy,
    providers: Mapping[str, set[str]] | None = None,
    *,
    roads: str | None = None,
    **tables: Any,
) -> dict[str, Finding]:
    """Return the warnings of a variation of the tiny case by code (the last of each)."""
    case, network, access = accessed(folder, policy, roads=roads, **tables)
    findings = check_reach(case, policy, providers or {}, access, network)
    assert all(finding.severity is Severity.WARNING for finding in findings)
    return {finding.code: finding for finding in findings}


def test_sites_are_candidates_then_projects_then_services(tmp_path: Path, policy: Policy) -> None:
    """The order in which every later stage counts sites."""
    _, _, access = accessed(tmp_path, policy)
    assert access.reach.demand_ids == ("D1", "D2", "D3", "D4")
    assert access.reach.site_ids == ("S1", "S2", "S3", "P1", "E1")
    assert len(access.sites_snapped.edge) == 5


def test_a_distance_checked_by_hand(tmp_path: Path, policy: Policy) -> None:
    """D1 and S1 stand 33 m north of the south street, 203 m apart along it."""
    _, _, access = accessed(tmp_path, policy)
    near = dict(access.reach.sites_within(0, 500.0))
    door_m, along_m = 0.0003 * 110_930, 0.0022 * 92_180
    assert near["S1"] == pytest.approx(2 * door_m + along_m, abs=0.5)
    assert access.share_far_from_mapped_way == 0.0


def test_rows_are_sorted_and_within_the_limit(tmp_path: Path, policy: Policy) -> None:
    """Rows hold ascending sites, nothing beyond the limit, and decimetres."""
    case, network, _ = accessed(tmp_path, policy)
    reach = walking_access(network, case, policy, 400.0).reach
    for row in range(4):
        entries = slice(reach.row_start[row], reach.row_start[row + 1])
        sites = reach.site_index[entries].tolist()
        assert sites == sorted(set(sites))
    assert reach.distance_m.max() <= 400.0
    assert reach.distance_m.tolist() == [round(metres, 1) for metres in reach.distance_m.tolist()]


def test_a_sound_case_has_no_warnings(tmp_path: Path, policy: Policy) -> None:
    """Everything on the roads and within reach: nothing is said."""
    everywhere = {"S1", "S2", "S3", "P1", "E1"}
    assert findings_of(tmp_path, policy, dict.fromkeys(policy.functions, everywhere)) == {}


def test_a_place_off_the_roads_is_named_with_its_distance(tmp_path: Path, policy: Policy) -> None:
    """The demand point and the site beyond the limit are named with row and metres to the nearest way."""
    demand = tiny_rows("demand_points")
    demand[1] = changed(demand[1], latitude="34.155")
    warning = findings_of(tmp_path, policy, demand_points=demand)["reach-not-snapped"]
    assert "D2" in warning.found.zh
    assert "row 3" in warning.found.en
    assert "554." in warning.found.en
    assert warning.place.file is not None
    assert warning.place.file.name == "demand_points.csv"


def test_residents_far_from_ways_are_a_share(tmp_path: Path, policy: Policy) -> None:
    """D2 has 300 of 1 050 households, all households alike: 28.6 % of the residents."""
    demand = tiny_rows("demand_points")
    demand[1] = changed(demand[1], latitude="34.155")
    _, _, access = accessed(tmp_path / "a", policy, demand_points=demand)
    assert access.share_far_from_mapped_way == pytest.approx(300 / 1050)
    warning = findings_of(tmp_path / "b", policy, demand_points=demand)["reach-far-from-ways"]
    assert "28.6 %" in warning.found.en


def test_islands_are_named(tmp_path: Path, policy: Policy) -> None:
    """A separate bit of road, and the site that only meets it."""
    roads = roads_xml({**TINY_CROSSINGS, **ISLAND}, [*TINY_STREETS, ((11, 12), {"highway": "path"})])
    sites = tiny_rows("sites")
    sites[2] = changed(sites[2], longitude="108.2305", latitude="34.1601")
    found = findings_of(tmp_path, policy, roads=roads, sites=sites)
    assert "S3" in found["reach-on-island"].found.en
    assert "2 parts" in found["roads-islands"].found.en
    assert "0.09 km" in found["roads-islands"].found.en


def test_residents_without_a_site_are_told_the_nearest(tmp_path: Path, policy: Policy) -> None:
    """Elderly care only at S3, meals nowhere: who is out of reach is named with the nearest site."""
    radius_m = policy.functions["elderly_care"].service_radius_m.value
    assert radius_m == 500.0
    found = findings_of(tmp_path, policy, {"elderly_care": {"S3"}})["reach-no-site"]
    case, network, access = accessed(tmp_path / "again", policy)
    to_s3 = {
        demand: dict(access.reach.sites_within(row, 1000.0))["S3"]
        for row, demand in enumerate(access.reach.demand_ids)
    }
    missing = {demand for demand, metres in to_s3.items() if metres > radius_m} - {"D4"}
    assert missing == {"D1", "D3"}
    assert all(f"{demand} " in found.found.en for demand in missing)
    assert "D2 " not in found.found.en
    assert f"nearest S3 空间 S3, {to_s3['D1']:.1f} m" in found.found.en
    (nowhere,) = [
        finding
        for finding in check_reach(case, policy, {"community_meals": set()}, access, network)
        if finding.code == "reach-no-site"
    ]
    assert "3 demand points" in nowhere.found.en
    assert "can't walk to any" in nowhere.found.en


def test_demand_points_out_of_scope_are_not_missed(tmp_path: Path, policy: Policy) -> None:
    """D4 belongs to a community outside the scope: no figure counts it, so no warning names it."""
    found = findings_of(tmp_path, policy, {"elderly_care": set()})["reach-no-site"]
    assert "D1 " in found.found.en
    assert "D4 " not in found.found.en


def test_people_nobody_serves_are_not_missed(tmp_path: Path, policy: Policy) -> None:
    """A demand point without anybody of the function's ages needs no site."""
    demand = tiny_rows("demand_points")
    ages = policy.functions["infant_care"].target_ages
    demand[0] = changed(demand[0], **{f"residents_{age}": "0" for age in ages})
    found = findings_of(tmp_path, policy, {"infant_care": set()}, demand_points=demand)["reach-no-site"]
    assert "D1 " not in found.found.en
    assert "D2 " in found.found.en


def test_long_lists_are_cut_and_counted(tmp_path: Path, policy: Policy) -> None:
    """Forty places off the roads: thirty are named, the farthest first, ten are counted."""
    row = tiny_rows("demand_points")[0]
    demand = [
        changed(row, demand_id=f"D{number}", latitude=f"{34.15 - 0.0001 * number:.4f}")
        for number in range(1, 41)
    ]
    found = findings_of(tmp_path, policy, demand_points=demand)["reach-not-snapped"].found
    assert found.en.index("D40 ") < found.en.index("D39 ")
    assert "D10 " not in found.en
    assert found.en.endswith("and 10 more")
