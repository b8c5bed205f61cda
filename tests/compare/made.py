"""Plans of the tiny problem, made without a search, and what is known of their making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.tiny_problem import tiny_decisions, tiny_problem

from siteplan.outcome import evaluate, make_plan
from siteplan.plan import Decisions, LevelResult, Plan
from siteplan.publish.run_record import InputFile, InputKind
from siteplan.scenario import Level
from siteplan.studies.comparison import ComparedPlan, Names
from siteplan.text import Text

UNITS = {Level.SHORTFALL: "coverage points", Level.PERSONS_COVERED: "person-years"}
FILES = ("demand_points.csv", "sites.csv", "roads.osm")


def plan_of(
    decisions: Decisions, bounds: Mapping[Level, float | None] | None = None, *, with_levels: bool = True
) -> Plan:
    """Return the plan of decisions; ``bounds``: of its two levels, by default their values."""
    problem = tiny_problem()
    outcome = evaluate(problem, decisions)
    levels = []
    for name, unit in UNITS.items():
        value = outcome.levels[name]
        bound = value if bounds is None else bounds.get(name, value)
        gap = None if bound is None else abs(value - bound)
        status = "unproven" if gap is None else "gap" if gap > 0.0 else "optimal"
        levels.append(
            LevelResult(
                name=name, unit=unit, value=value, bound=bound, gap=gap, status=status, given_unproven=False
            )
        )
    return make_plan(
        problem,
        decisions,
        levels if with_levels else [],
        title=Text("示例", "tiny"),
        illustrative=True,
        stopped_by="completed",
        outcome=outcome,
    )


def without(decisions: Decisions, site: str) -> Decisions:
    """Return decisions that leave a site closed."""
    return Decisions(
        {key: year for key, year in decisions.start_year.items() if key[0] != site},
        {key: area for key, area in decisions.room_m2.items() if key[0] != site},
        {key: area for key, area in decisions.area_m2.items() if key[0] != site},
        {key: form for key, form in decisions.forms.items() if key != site},
    )


def compared(
    name: str,
    plan: Plan,
    settings: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> ComparedPlan:
    """Return a plan to be compared; ``files``: SHA-256 of those that aren't as in every other plan."""
    hashes = dict.fromkeys(FILES, "0" * 64) | dict(files or {})
    inputs = tuple(
        InputFile(kind=InputKind.CASE, path=f"data/tiny/{path}", sha256=sha256)
        for path, sha256 in hashes.items()
    )
    problem = tiny_problem()
    names = Names(
        {key: function.name for key, function in problem.functions.items()},
        {code: community.name for code, community in problem.communities.items()},
        {},
        {code: community.town_code for code, community in problem.communities.items()},
    )
    return ComparedPlan(name, plan, None, inputs, {} if settings is None else settings, {}, True, names, None)


def pair(**second: object) -> Sequence[ComparedPlan]:
    """Return the tiny plan, and one without its second site."""
    decisions = tiny_decisions()
    one = compared("one", plan_of(decisions))
    return one, replace(compared("two", plan_of(without(decisions, "s2"))), **second)  # type: ignore[arg-type]
