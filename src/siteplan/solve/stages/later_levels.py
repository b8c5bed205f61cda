"""The later levels, each while every earlier one keeps its value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from siteplan.highs import Program, SolverSession
from siteplan.outcome import advantage, level_value
from siteplan.plan import Decisions
from siteplan.problem import Problem
from siteplan.scenario import AssignmentRule, Level
from siteplan.solve.formulation.areas import areas_are_smallest
from siteplan.solve.program import CompiledModel
from siteplan.solve.reductions import compile_reduced
from siteplan.solve.stages.effort import BUILD_OF_ALL_LEVELS, LATER_LEVEL_NODES
from siteplan.solve.stages.run import LATER_LEVEL, First, Run
from siteplan.solve.stages.solving import optimise
from siteplan.solve.stages.values import HOLD_SLACK, PROVEN_TOLERANCE, value_of_unit


def later_levels(run: Run, first: First) -> tuple[Decisions, dict[Level, float | None]]:
    """Optimise the later levels one by one, holding every earlier one at its incumbent."""
    problem, levels = run.problem, run.problem.objective
    decisions, bounds = first.decisions, {levels[0]: first.bound}
    if not run.can_build(run.clock, BUILD_OF_ALL_LEVELS):
        return decisions, bounds
    compiled: CompiledModel | None = None
    held: dict[Level, float] = {}
    with SolverSession() as session:
        for number, level in enumerate(levels[1:], start=1):
            if run.clock.seconds_left() <= 0.0:
                break
            if compiled is None or level not in compiled.objectives:
                compiled = compile_reduced(problem, _levels_until(problem, number)).with_cuts(run.cuts)
            program = _holding(run, compiled, levels[:number], decisions, held)
            program = program.with_objective(*compiled.objectives[level])
            clock = run.clock.until(run.clock.seconds_left() / (len(levels) - number))
            answer = optimise(
                run, compiled, program, level, decisions, session, clock, LATER_LEVEL, LATER_LEVEL_NODES
            )
            bounds[level] = answer.bound
            if answer.values is not None:
                found = compiled.decisions(answer.values)
                least = {**held, level: level_value(problem, decisions, level)}
                decisions = found if _keeps(run, found, least) else decisions
    return decisions, bounds


def _levels_until(problem: Problem, number: int) -> tuple[Level, ...]:
    """Return the levels of a program for the first ``number``, the next, and others that it serves as well.

    First those up to which areas are the smallest, then all but walking, then all.
    """
    without_walking = tuple(one for one in problem.objective if one is not Level.WALKING_DISTANCE)
    at_smallest = tuple(
        one
        for number, one in enumerate(without_walking, start=1)
        if areas_are_smallest(problem, without_walking[:number])
    )
    of_programs = (at_smallest, without_walking, problem.objective)
    wanted = set(problem.objective[: number + 1])
    return next(served for served in of_programs if wanted <= set(served))


def _keeps(run: Run, decisions: Decisions, least: Mapping[Level, float]) -> bool:
    """Return whether decisions are no worse at some levels than some values, by what they come to as a plan.

    The program's own values are not enough where a plan claims less than the program does: with
    `nearest_with_a_place` it may seat persons in an order that no plan may claim.
    """
    if run.problem.assignment_rule is not AssignmentRule.NEAREST_WITH_A_PLACE:
        return True
    for level, value in least.items():
        reached = level_value(run.problem, decisions, level)
        allowed = run.problem.tolerance.get(level, 0.0) + PROVEN_TOLERANCE * max(1.0, abs(value))
        if advantage(level, value, reached) > allowed:
            return False
    return True


def _holding(
    run: Run,
    compiled: CompiledModel,
    levels: tuple[Level, ...],
    decisions: Decisions,
    held: dict[Level, float],
) -> Program:
    """Return the program in which earlier levels keep the incumbent's value plus their tolerance.

    ``held`` remembers each level's value at the time when it was optimised.
    """
    program = compiled.program
    for level in levels:
        factor = value_of_unit(run.problem, level)
        if level not in held:
            held[level] = level_value(run.problem, decisions, level)
        value = held[level] / factor + run.problem.tolerance.get(level, 0.0) / abs(factor)
        coefficients, offset = compiled.objectives[level]
        slack = HOLD_SLACK * max(1.0, abs(value))
        program = program.with_row(f"hold_{level.value}", coefficients, -np.inf, value - offset + slack)
    return program
