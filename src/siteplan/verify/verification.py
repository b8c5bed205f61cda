"""All claims of a run's results, checked against the facts of the inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from siteplan.plan import Plan
from siteplan.text import Text
from siteplan.verify.assignments import assignment_claims, places_claims, seat
from siteplan.verify.by_hand import by_hand_claims
from siteplan.verify.claims import Check, ClaimResult, VerificationReport
from siteplan.verify.coverage import coverage_claims
from siteplan.verify.facts import Facts
from siteplan.verify.funding import funding_claims
from siteplan.verify.geojson import geojson_claims
from siteplan.verify.levels import level_claims
from siteplan.verify.money import money_claims
from siteplan.verify.operators import operator_claims
from siteplan.verify.rules import rule_claims
from siteplan.verify.safety import safety_claims
from siteplan.verify.schedule import Schedule
from siteplan.verify.space import space_claims
from siteplan.verify.stock import stock_claims
from siteplan.verify.structure import read_plan, structure_claims

RUN_FILE = "run.json"
RUN_CLAIMS = frozenset(
    {"title_zh", "title_en", "illustrative", "stopped_by", "repeatable", "assumptions", "levels"}
)
RUN_CIRCUMSTANCES = frozenset(
    {
        "schema",
        "note_zh",
        "note_en",
        "started_at",
        "finished_at",
        "seconds_by_stage",
        "options",
        "outputs",
        "skipped_outputs",
        "failed_outputs",
        "project_root",
        "case_folder",
        "inputs",
        "python",
        "platform",
        "packages",
    }
)
"""Members of ``run.json``: what is recomputed, and how the run went (inputs are checked by their SHA-256)."""


@dataclass(frozen=True, slots=True)
class Results:
    """The files of a result folder: the text of ``plan.json``, table rows, the others parsed from JSON."""

    plan: str
    assignments: Sequence[Mapping[str, str]]
    sites: object
    coverage: object
    run: Mapping[str, object]
    money: Sequence[Mapping[str, str]] = ()


def verify(facts: Facts, results: Results) -> VerificationReport:
    """Recompute everything the results claim.

    A plan that isn't well formed, or speaks of other sites, functions or years than the inputs, is
    reported as such alone: nothing else about it can be computed.
    """
    plan, claims = read_plan(results.plan)
    if plan is None:
        return VerificationReport(claims)
    structure = structure_claims(facts, plan)
    claims = (*claims, *_head(facts, plan), *structure)
    if not VerificationReport(structure).passed:
        return VerificationReport(claims)
    schedule = Schedule(facts, plan)
    seating = seat(schedule, results.assignments)
    return VerificationReport(
        (
            *claims,
            *rule_claims(schedule),
            *stock_claims(schedule),
            *safety_claims(schedule),
            *operator_claims(schedule),
            *by_hand_claims(schedule),
            *space_claims(schedule),
            *money_claims(schedule),
            *funding_claims(schedule, results.money),
            *coverage_claims(schedule, seating),
            *level_claims(schedule, seating),
            *places_claims(schedule, seating),
            *assignment_claims(schedule, seating, results.assignments),
            *geojson_claims(schedule, results.sites, results.coverage),
            *_run_record(facts, plan, results.run),
        )
    )


def _head(facts: Facts, plan: Plan) -> tuple[ClaimResult, ...]:
    check = Check("plan_head", Text("标题与数据性质", "title, and whether data are illustrative"))
    check.same("title_zh", plan.title_zh, facts.scenario.title.zh)
    check.same("title_en", plan.title_en, facts.scenario.title.en)
    check.same("illustrative", plan.illustrative, facts.case.is_illustrative)
    return check.results()


MISSING = "(missing)"
"""Stands for a member that a record should have: a value of null is one."""


def _run_record(facts: Facts, plan: Plan, run: Mapping[str, object]) -> tuple[ClaimResult, ...]:
    check = Check("run_record", Text("run.json 与方案一致", "run.json agrees with the plan"), file=RUN_FILE)
    for name in ("title_zh", "title_en", "illustrative", "stopped_by"):
        check.same(name, run.get(name), getattr(plan, name))
    check.same("repeatable", run.get("repeatable"), plan.stopped_by in ("completed", "gap", "work_limit"))
    check.same("assumptions", run.get("assumptions"), list(facts.policy.assumptions()))
    for name in sorted(set(run) - RUN_CLAIMS - RUN_CIRCUMSTANCES):
        check.holds(False, name, Text("多出这一项", "does not belong here"))
    claimed = run.get("levels")
    levels = claimed if isinstance(claimed, list) else []
    check.same("levels (number)", len(levels), len(plan.levels))
    for number, (row, level) in enumerate(zip(levels, plan.levels, strict=False)):
        members = row if isinstance(row, dict) else {}
        for name, value in level.model_dump(mode="json").items():
            check.same(f"levels[{number}].{name}", members.get(name, MISSING), value)
    return check.results()
