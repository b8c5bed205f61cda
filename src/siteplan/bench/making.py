"""``siteplan bench make``: a folder with a generated case, the model and scenarios, ready to solve."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from siteplan.bench.all_rules import Ground, write_all_rules
from siteplan.bench.budget import AFFORDABLE_SHARE, Calibration, calibrate, sites_a_year
from siteplan.bench.further_tables import add_tables
from siteplan.bench.people import settle
from siteplan.bench.sizes import Size
from siteplan.bench.spaces import candidate_sites, committed_projects, existing_services
from siteplan.bench.streets import lay_out_streets, place_towns
from siteplan.bench.writing import write_case
from siteplan.inputs.bundled import bundled_root
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.roads import read_roads
from siteplan.network import WalkingAccess
from siteplan.reach import walking_access

YEARS = (2027, 2028, 2029, 2030)
PACE_SLACK = 1.15
"""The pace lets so many times the sites of the greedy plan open."""
BUDGET_SHARES = {"central": ("中央预算内投资（合成）", 0.5), "county": ("县级财政资金（合成）", 0.5)}
BASES = ("reachable", "residents")
ALL_RULES = "all-rules"
"""Ends the names of the scenarios with all rules, and of the case that they need."""
FURTHER_TABLES = 1
"""Number of the generator of what only that case has."""
MORE_TIME = 2.0
"""The time limit of scenarios with all rules is so many times that of the others."""


@dataclass(frozen=True, slots=True)
class MadeCase:
    """What was written: the folder, its scenarios (with all rules last), and the figures of the case."""

    folder: Path
    scenarios: tuple[Path, ...]
    demand_points: int
    sites: int
    communities: int
    road_nodes: int
    road_edges: int
    reach_entries: int
    calibration: Calibration


def make_case(size: Size, seed: int, folder: Path) -> MadeCase:
    """Write a generated case of a size into a folder; the same seed gives the same case.

    The case is read back as any other, and its budget follows from the walking distances (`calibrate`).

    Raises:
        OSError: the folder can't be written.
    """
    case_folder = folder / "case"
    case_folder.mkdir(parents=True)
    shutil.copytree(bundled_root() / "model", folder / "model")
    _write_generated(size, seed, case_folder)
    policy = load_policy(folder / "model")
    case = load_case(case_folder, function_names(policy))
    network = read_roads(case.roads_file, case.header.metric_crs)
    farthest_m = max(function.service_radius_m.value for function in policy.functions.values())
    access = walking_access(network, case, policy, farthest_m)
    reach = access.reach
    calibration = calibrate(case, policy, reach, YEARS)
    (case_folder / "README.md").write_text(_readme(size, seed, calibration), encoding="utf-8")
    scenarios = _write_scenarios(folder / "scenarios", size, seed, calibration)
    return MadeCase(
        folder=folder,
        scenarios=(*scenarios, *_add_all_rules(folder, size, seed, access, calibration)),
        demand_points=len(case.demand_points),
        sites=len(case.sites),
        communities=len(case.communities),
        road_nodes=network.node_count,
        road_edges=network.edge_count,
        reach_entries=len(reach.site_index),
        calibration=calibration,
    )


def _write_generated(size: Size, seed: int, folder: Path) -> None:
    random = np.random.default_rng([seed, size.demand_points, size.sites])
    towns = place_towns(random, size.towns, size.demand_points, size.residents_per_point)
    streets = lay_out_streets(random, towns)
    people = settle(random, towns, streets, size.residents_per_point, size.points_per_community)
    write_case(
        folder,
        _title(size, seed),
        towns,
        streets,
        people,
        candidate_sites(random, streets, people, size.sites),
        committed_projects(random, streets, people),
        existing_services(random, streets, people),
    )


def _add_all_rules(
    folder: Path, size: Size, seed: int, access: WalkingAccess, calibration: Calibration
) -> tuple[Path, ...]:
    """Write the case and the scenarios with all rules; spaces lie where they lie in the case without."""
    case_folder = folder / f"case-{ALL_RULES}"
    random = np.random.default_rng([seed, size.demand_points, size.sites, FURTHER_TABLES])
    own_spaces = add_tables(folder / "case", case_folder, random)
    with (case_folder / "README.md").open("a", encoding="utf-8") as readme:
        readme.write(FURTHER_README)
    case = load_case(case_folder, function_names(load_policy(folder / "model")))
    scenarios = folder / "scenarios"
    write_all_rules(
        scenarios / "base.yaml",
        Ground(case, case_folder, access, calibration, own_spaces, YEARS),
        {
            "zh": f"{_title(size, seed)}，全部规则",
            "en": f"Synthetic benchmark case {size.name}, seed {seed}, all rules",
        },
        MORE_TIME * size.time_limit_s,
    )
    files = [scenarios / f"{basis}-{ALL_RULES}.yaml" for basis in BASES]
    for basis, file in zip(BASES, files, strict=True):
        _write_yaml(file, {"extends": f"{ALL_RULES}.yaml", "coverage": {"basis": basis}})
    return tuple(files)


def _title(size: Size, seed: int) -> str:
    return f"合成测速案例 {size.name}，种子 {seed}（非真实地点）"


def _write_scenarios(folder: Path, size: Size, seed: int, calibration: Calibration) -> tuple[Path, ...]:
    folder.mkdir()
    yearly_cny = calibration.capital_cny / len(YEARS)
    base = {
        "title": {"zh": _title(size, seed), "en": f"Synthetic benchmark case {size.name}, seed {seed}"},
        "case": "../case",
        "model": "../model",
        "years": list(YEARS),
        "budget": {
            "sources": {
                key: {
                    "name": name,
                    "amounts_cny": {year: float(round(share * yearly_cny, -3)) for year in YEARS},
                }
                for key, (name, share) in BUDGET_SHARES.items()
            }
        },
        "pace": {"sites_per_year": sites_a_year(calibration, len(YEARS), PACE_SLACK)},
        "solver": {"time_limit_s": size.time_limit_s, "seed": 1},
    }
    _write_yaml(folder / "base.yaml", base)
    for basis in BASES:
        _write_yaml(folder / f"{basis}.yaml", {"extends": "base.yaml", "coverage": {"basis": basis}})
    return tuple(folder / f"{basis}.yaml" for basis in BASES)


def _write_yaml(file: Path, content: object) -> None:
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


FURTHER_README = """
## 全部规则 / all rules

与 `../case` 的表格相同，另加运营主体、拟列级别、结合项目、共用地块、可转换的现有服务和安全避让图层；
没有可用空间的社区，其最小的一处改为可用。均为合成。
The tables of `../case` with operators, levels, joint programmes, shared plots, convertible services and
exclusion zones besides; where a community has no space that can surely be used, its smallest is made so. All
synthetic.
"""


def _readme(size: Size, seed: int, calibration: Calibration) -> str:
    return f"""# 合成测速案例 / synthetic benchmark case

`siteplan bench make --size {size.name} --seed {seed}`

全部为合成的示例数据（`data_status: illustrative`），不是任何真实地点，不能用于决策。
Everything is synthetic (`data_status: illustrative`): no real place, not for decisions.

预算 / budget: {calibration.capital_cny:,.0f} CNY
在 {len(YEARS)} 年中平均分配 / shared equally over {len(YEARS)} years.
规则 / rule: what a greedy plan (next always the site and functions with the most priority-weighted coverage
for their money, smallest areas, residents basis, walking distances) has spent when it has
{AFFORDABLE_SHARE:.0%} of the coverage that it can reach at all; it opened {calibration.sites} sites for that.
Missing to the targets of {YEARS[-1]}: {calibration.volume:.1f} weighted points, reachable by the greedy plan:
{calibration.reachable_volume:.1f}, for {calibration.full_capital_cny:,.0f} CNY.
"""
