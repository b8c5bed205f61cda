"""Who pays what: a plan by source passes, and every broken condition or changed payment is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.verify.world import ELDERLY, INFANT, World, tiny_scenario, tiny_world

from siteplan.verify.facts import facts_of
from siteplan.verify.verification import verify

AMOUNTS = {2027: 4_000_000, 2028: 2_000_000}
SOURCES: dict[str, dict[str, Any]] = {
    "fund": {"amounts_cny": {2027: 150_000, 2028: 50_000}, "eligible_functions": [ELDERLY]},
    "municipal": {
        "amounts_cny": {2028: 900_000, 2029: 100_000},
        "eligible_levels": ["national"],
        "share_of_project_at_most": 0.5,
        "paid_after_years": 1,
    },
    "central": {
        "amounts_cny": {2027: 1_500_000},
        "eligible_modes": ["rebuild"],
        "per_project_cap_cny": 700_000,
    },
    "county": {"amounts_cny": AMOUNTS},
}
ADVANCE = {2027: 400_000, 2028: 400_000}


def budget(**changes: dict[str, Any]) -> dict[str, Any]:
    """Return a budget of four sources, some with other conditions."""
    sources = {
        key: {"name": {"zh": f"来源{key}", "en": key}, **source, **changes.get(key, {})}
        for key, source in SOURCES.items()
    }
    return {"sources": sources, "advance_cny": ADVANCE}


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The tiny plan, paid by four sources with conditions of every kind."""
    return tiny_world(tmp_path_factory.mktemp("paid"), tiny_scenario(budget=budget()))


def false_claims(world: World, **changes: Any) -> set[str]:
    """Return the claims of the world's results that are false where the budget is another."""
    facts = facts_of(world.case, world.policy, tiny_scenario(budget=changes["budget"]), world.network)
    return {claim.key for claim in verify(facts, world.results).false}


def test_a_plan_paid_by_sources_passes(paid: World) -> None:
    """Every source pays something, in full, and verification agrees with every figure."""
    assert verify(paid.facts, paid.results).false == ()
    assert {row.source for row in paid.plan.money_by_source} == set(SOURCES)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"fund": {"amounts_cny": {2027: 10_000}}}, "source_amount"),
        ({"fund": {"eligible_functions": [INFANT]}}, "source_pays_eligible_functions"),
        ({"municipal": {"eligible_levels": ["municipal"]}}, "source_is_eligible"),
        ({"central": {"eligible_modes": ["extend"]}}, "source_is_eligible"),
        ({"municipal": {"share_of_project_at_most": 0.05}}, "source_share_of_project"),
        ({"central": {"per_project_cap_cny": 100_000}}, "source_cap_per_project"),
        ({"municipal": {"paid_after_years": 2}}, "money_by_source"),
    ],
    ids=str,
)
def test_a_broken_condition_is_named(paid: World, changes: dict[str, Any], rule: str) -> None:
    """A plan made under looser conditions breaks the stricter one."""
    assert rule in false_claims(paid, budget=budget(**changes))


def test_awards_beyond_the_advance_are_false(paid: World) -> None:
    """Awards that wait for payment need an advance as large."""
    assert false_claims(paid, budget={**budget(), "advance_cny": {2027: 1_000}}) == {"awards_are_bridged"}


@pytest.mark.parametrize(
    ("path", "change", "claim"),
    [
        (("money_by_source", 0, "cny"), 10.0, "project_is_paid"),
        (("money_by_source", 0, "cny"), 10.0, "money_table"),
        (("money_by_source", 0, "paid_in"), 1, "money_by_source"),
        (("money_by_source", 0, "site_id"), "9", "money_by_source"),
        (("sources", 0, "amount_cny"), 10.0, "money_of_sources"),
        (("sources", 0, "carried_in_cny"), 10.0, "money_of_sources"),
        (("sources", 0, "granted_cny"), 10.0, "money_of_sources"),
        (("sources", 0, "paid_cny"), 10.0, "money_of_sources"),
        (("sources", 0, "carried_out_cny"), 10.0, "money_of_sources"),
        (("sources", 0, "name_zh"), "别", "money_of_sources"),
        (("money", 0, "awards_outstanding_cny"), 10.0, "awards_are_bridged"),
        (("money", 1, "carried_in_cny"), 10.0, "money_of_years"),
    ],
    ids=str,
)
def test_a_changed_payment_is_false(paid: World, path: tuple[Any, ...], change: Any, claim: str) -> None:
    """Every figure of who pays what follows from the payments and the scenario."""
    plan = json.loads(paid.results.plan)
    table, number, name = path
    plan[table][number][name] += change
    report = verify(paid.facts, replace(paid.results, plan=json.dumps(plan)))
    assert claim in {result.key for result in report.false}


def test_a_payment_left_out_or_doubled_is_false(paid: World) -> None:
    """A project that isn't paid in full, or twice, is named."""
    plan = json.loads(paid.results.plan)
    first = plan["money_by_source"][0]
    for rows in (plan["money_by_source"][1:], [*plan["money_by_source"], first]):
        changed = json.dumps({**plan, "money_by_source": rows})
        report = verify(paid.facts, replace(paid.results, plan=changed))
        assert {"project_is_paid", "money_by_source"} & {claim.key for claim in report.false}


@pytest.mark.parametrize(
    "column", ["year", "source", "source_zh", "site_id", "site_name", "capital_cny", "paid_in"]
)
def test_a_changed_cell_of_the_money_table_is_false(paid: World, world: World, column: str) -> None:
    """money.csv says what the plan says, with and without sources."""
    for each in (paid, world):
        rows = [dict(row) for row in each.results.money]
        rows[0][column] = "1"
        report = verify(each.facts, replace(each.results, money=rows))
        assert [claim.key for claim in report.false] == ["money_table"]


def test_money_by_source_without_conditions_is_false(tmp_path: Path, paid: World) -> None:
    """A plan that isn't by source lists no payments of sources."""
    world = tiny_world(tmp_path)
    plan = json.loads(world.results.plan)
    plan["money_by_source"] = json.loads(paid.results.plan)["money_by_source"]
    report = verify(world.facts, replace(world.results, plan=json.dumps(plan)))
    assert "money_by_source" in {claim.key for claim in report.false}
