"""The bundled case as siteplan itself reads and checks it, with the default policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from siteplan.case import AGE_GROUPS, Case
from siteplan.findings import Severity
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.check import check_case
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.roads import read_roads
from siteplan.policy import FunctionKind, Policy
from siteplan.reach import walking_access


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The default policy of ``model/``."""
    return load_policy(Path(__file__).parents[2] / "model")


@pytest.fixture(scope="module")
def case(case_folder: Path, policy: Policy) -> Case:
    """The bundled case."""
    return load_case(case_folder, function_names(policy))


def test_check_finds_no_error(case: Case, policy: Policy) -> None:
    """The case has no error; warnings are allowed, as real data has them."""
    assert [f for f in check_case(case, policy) if f.severity is Severity.ERROR] == []


def test_each_project_holds_three_functions_within_its_usable_area(case: Case, policy: Policy) -> None:
    """Each project lists at least three functions above their minima within 0.7 of its floor area."""
    share = policy.standards.usable_share_of_floor_area.value
    for project in case.projects:
        assert len(project.function_areas) >= 3
        assert sum(project.function_areas.values()) <= share * project.floor_area_m2
        for function, area in project.function_areas.items():
            minimum = policy.functions[function].minimum_in_complex_m2
            assert area >= minimum.value * (share if minimum.area == "floor" else 1.0)


def test_zhongnan_holds_the_four_standard_functions(case: Case, policy: Policy) -> None:
    """Annex 3's municipal project lists, and must provide, exactly the policy's standard functions."""
    standard = {key for key, f in policy.functions.items() if f.kind is FunctionKind.STANDARD}
    project = next(p for p in case.projects if p.level == "municipal")
    assert set(project.required_functions) == set(project.function_areas) == standard


def test_targets_are_hard_but_mostly_reachable(case: Case, policy: Policy) -> None:
    """For elderly care 20 to 23 of 24 communities have a space large enough within reach of half of them.

    Counted by hand on walking distances: spaces with consent, not underground, at least the minimum area
    alone (or in a complex, from 600 m²); half of the residents of 60 and over within the radius.
    """
    elderly = policy.functions["elderly_care"]
    radius = elderly.service_radius_m.value
    network = read_roads(case.roads_file, case.header.metric_crs)
    access = walking_access(network, case, policy, radius)
    large = {s.site_id for s in case.sites if _is_large(s.floor_area_m2) and s.consent != "refused"}
    large -= {s.site_id for s in case.sites if s.floor != 1 and not s.has_lift}
    large |= {p.project_id for p in case.projects}
    reached = 0
    for community in case.communities:
        points = [
            (n, p) for n, p in enumerate(case.demand_points) if p.community_code == community.community_code
        ]
        old = {n: sum(p.residents_of(group) for group in AGE_GROUPS[5:]) for n, p in points}
        by_site: dict[str, float] = {}
        for n, weight in old.items():
            for site, _ in access.reach.sites_within(n, radius):
                by_site[site] = by_site.get(site, 0.0) + weight
        reached += max((by_site.get(site, 0.0) for site in large), default=0.0) >= sum(old.values()) / 2
    assert 20 <= reached <= 23


def _is_large(floor_area_m2: float) -> bool:
    return floor_area_m2 >= 350.0


def test_every_place_meets_the_connected_roads(case: Case, policy: Policy) -> None:
    """No demand point, site, project or service is off the roads or on an island of them."""
    access = walking_access(read_roads(case.roads_file, case.header.metric_crs), case, policy, 500.0)
    for snapped in (access.demand_snapped, access.sites_snapped):
        assert (snapped.edge >= 0).all()
        assert not snapped.on_island.any()
        assert snapped.offset_m.max() < policy.standards.far_from_mapped_way_m.value
    assert access.share_far_from_mapped_way == 0.0
