"""Which hard rules clash: an irreducible set of constraint families, by leaving them out one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siteplan.highs import Clock, Limits, Program, SolverSession, Status
from siteplan.problem import Problem
from siteplan.solve.formulation import build_model
from siteplan.solve.program import compile_program
from siteplan.text import Text

RULES: dict[str, Text] = {
    "yearly_budget": Text("年度资金", "the yearly budget"),
    "project_is_paid": Text("每个项目的资金来源", "every project being paid by its sources"),
    "source_amount": Text("各来源年度资金", "the yearly amounts of the sources"),
    "source_share_of_project": Text("来源占项目投资的比例上限", "the share of a project that a source pays"),
    "source_cap_per_project": Text("来源对单个项目的补助上限", "the cap of a source on one project"),
    "source_pays_eligible_functions": Text("来源只补助所列功能", "sources paying for their functions only"),
    "awards_are_bridged": Text("先建后补的垫付资金", "the advance that bridges awards"),
    "operator_is_viable": Text("运营收支平衡", "every operator being viable"),
    "subsidy_limit": Text("运营补贴上限", "the limit of subsidies"),
    "operating_limit": Text("运营资金上限", "the operating budget"),
    "rollout_pace": Text("推进速度", "the rollout pace"),
    "committed_sites": Text("已列入名录项目按期建成", "committed projects opening in their year"),
    "required_functions": Text("已列入项目的必设功能", "required functions of committed projects"),
    "use_is_held": Text("用途保持年限", "the years for which a use is held"),
    "committed_by_hand": Text("情景 commit 指定的点位", "sites committed by hand (commit)"),
    "forbidden_by_hand": Text("情景 forbid 禁止的点位或功能", "what is forbidden by hand (forbid)"),
    "required_coverage": Text("情景 require 要求的社区覆盖", "coverage required by hand (require)"),
    "one_use_of_a_plot": Text("同一地块只用一次", "one use of a plot"),
    "newly_built_sites": Text("新建点位数量上限", "the limit on newly built sites"),
    "rooms_fit_in_site": Text("使用面积", "the usable area of the sites"),
    "area_at_least_minimum": Text("功能最小面积", "minimum areas"),
    "area_at_least_minimum_alone": Text("功能单独设置的最小面积", "minimum areas standing alone"),
    "area_at_most_maximum": Text("功能最大面积", "maximum areas"),
    "complex_has_enough": Text("综合体的功能数量", "the number of functions of a complex"),
    "places_reserved_first": Text("优先保障一老一小", "elderly and infant care first"),
    "open_only_to_provide": Text("开放即提供功能", "open sites providing something"),
}
"""The families that a planner can change, in the order in which they are tried."""


def explain_conflict(problem: Problem, clock: Clock) -> tuple[tuple[str, ...], Text]:
    """Return clashing rules, irreducible unless the clock ended the search, and a sentence that says so.

    A deletion filter: a family is left out if the rest still clashes without it.
    """
    level = problem.objective[0]
    program = compile_program(problem, build_model(problem, (level,)), (level,)).program
    kept = [name for name in RULES if any(row.startswith(f"{name}[") for row in program.row_names)]
    with SolverSession() as session:
        for name in list(kept):
            others = [other for other in kept if other != name]
            answer = session.solve(_only(program, others), Limits(), clock)
            if answer.status is Status.INFEASIBLE:
                kept = others
    zh = "、".join(RULES[name].zh for name in kept)
    en = ", ".join(RULES[name].en for name in kept)
    if clock.seconds_left() <= 0.0:
        return tuple(kept), Text(
            f"以下规定不能同时满足（时间用尽，未能缩小到最少几项）：{zh}",
            f"these rules cannot all be met (time ran out before the set was narrowed down): {en}",
        )
    return tuple(kept), Text(
        f"以下规定不能同时满足，缺其中任一项则其余可以并存：{zh}",
        f"these rules cannot all be met, though any of them left out the others can: {en}",
    )


def _only(program: Program, kept: list[str]) -> Program:
    """Return the program without the rows of the `RULES` that are not kept."""
    rows = np.array(
        [_family(name) not in RULES or _family(name) in kept for name in program.row_names], dtype=bool
    )
    return replace(
        program,
        matrix=program.matrix[rows],
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
        row_names=tuple(name for name, keep in zip(program.row_names, rows, strict=True) if keep),
        cost=np.zeros(len(program.cost)),
    )


def _family(row_name: str) -> str:
    return row_name.split("[", 1)[0]
