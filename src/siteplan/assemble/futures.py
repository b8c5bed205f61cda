"""The futures of a scenario: each as changes of the scenario, and whether the case has what they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from siteplan.findings import Finding, YamlPath, error
from siteplan.inputs.yaml_source import closest
from siteplan.policy import Policy
from siteplan.problem import Problem, Role
from siteplan.scenario import FutureCase, LoadedScenario, Scenario
from siteplan.text import Text

RATE_DECIMALS = 9


def future_changes(scenario: Scenario, policy: Policy, case: FutureCase) -> Mapping[str, Any]:
    """Return a future as changes of its scenario, merged as ``extends`` does; it has no futures itself.

    More demand is a higher participation rate: the target group is residents of the ages times the rate.
    A lost site is forbidden.
    """
    changes: dict[str, Any] = {"futures": None}
    if case.budget_scale != 1.0 and scenario.budget is not None:
        changes["budget"] = {"scale": scenario.budget.scale * case.budget_scale}
    if case.cost_scale != 1.0:
        changes["costs"] = {"capital_scale": scenario.costs.capital_scale * case.cost_scale}
    if case.demand_scale:
        changes["functions"] = {
            key: {"participation_rate": round(scaled_rate(policy, key, scale), RATE_DECIMALS)}
            for key, scale in case.demand_scale.items()
        }
    if case.lost_sites:
        changes["forbid"] = {f"lost-{site}": {"site": site} for site in case.lost_sites}
    return changes


def scaled_rate(policy: Policy, function: str, scale: float) -> float:
    """Return the participation rate of a function times a scale."""
    return policy.functions[function].participation_rate.value * scale


def check_future_cases(problem: Problem, policy: Policy, loaded: LoadedScenario) -> list[Finding]:
    """Return a finding for each lost site that is no candidate, and each demand above all residents."""
    futures = loaded.scenario.futures
    return [
        finding
        for key, case in (futures.cases if futures is not None else {}).items()
        for finding in _check(problem, policy, loaded, case, ("futures", "cases", key))
    ]


def _check(
    problem: Problem, policy: Policy, loaded: LoadedScenario, case: FutureCase, path: YamlPath
) -> Iterator[Finding]:
    for position, site_id in enumerate(case.lost_sites):
        site = problem.sites.get(site_id)
        if site is None or site.role is not Role.CANDIDATE:
            yield _no_candidate(problem, loaded, (*path, "lost_sites", position), site_id)
    for function, scale in case.demand_scale.items():
        highest = 1.0 / policy.functions[function].participation_rate.value
        if scale > highest * (1.0 + 1e-9):
            yield error(
                "demand-above-residents",
                loaded.place_of((*path, "demand_scale", function)),
                found=Text(
                    f"×{scale:g} 后参与率超过 100 %", f"× {scale:g} is a participation rate above 100 %"
                ),
                allowed=Text(f"至多 {highest:.4g}", f"at most {highest:.4g}"),
                mend=Text("减小这一倍数", "lower the scale"),
            )


def _no_candidate(problem: Problem, loaded: LoadedScenario, path: YamlPath, site_id: str) -> Finding:
    candidates = [key for key, site in problem.sites.items() if site.role is Role.CANDIDATE]
    near = closest(site_id, candidates)
    is_site = site_id in problem.sites
    return error(
        "not-a-candidate" if is_site else "unknown-site",
        loaded.place_of(path),
        found=Text(f"{site_id} 不是备选空间", f"{site_id} is no candidate")
        if is_site
        else Text(f"没有点位“{site_id}”", f"there is no site `{site_id}`"),
        allowed=Text("sites.csv 中的备选空间", "a candidate site of sites.csv"),
        mend=Text(f"是不是 {near}？", f"did you mean `{near}`?")
        if near and not is_site
        else Text("对照 sites.csv 改正编号", "correct the id after sites.csv"),
    )
