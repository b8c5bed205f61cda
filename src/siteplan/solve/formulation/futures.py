"""One decision for several futures: a block of the model for each, and what joins them.

Each block has every variable and constraint of its future's own problem, so no rule is written twice. The
families here link the blocks; they are the part "Futures" of ``model/formulation.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pyomo.environ import Binary, Block, Constraint, Objective, Set, Var, minimize

from siteplan.problem import Problem
from siteplan.scenario import DecidedNow, DecisionRule, Level
from siteplan.solve.formulation.model import declare_variables, fill_model
from siteplan.solve.formulation.objective import OBJECTIVES
from siteplan.solve.formulation.variables import Expression, PlanModel, new_model


@dataclass(frozen=True, slots=True, eq=False)
class Future:
    """One future: its problem, its probability (None: not stated), the sites that provide nothing in it.

    ``reference``: what its first level is measured against, in the level's reported unit: 0, or for regret
    what its own best plan can reach at most.
    """

    key: str
    problem: Problem
    probability: float | None = None
    lost_sites: frozenset[str] = frozenset()
    reference: float = 0.0


@dataclass(frozen=True)
class FuturesProblem:
    """Futures with the same sites, years and objective, and the rule by which one decision suits them all."""

    futures: tuple[Future, ...]
    rule: DecisionRule
    decide: DecidedNow = DecidedNow.SITES

    @property
    def level(self) -> Level:
        """The first level of the objective."""
        return self.futures[0].problem.objective[0]

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """Future → probability; the same for all where none is stated."""
        equal = 1.0 / len(self.futures)
        return {
            future.key: equal if future.probability is None else future.probability for future in self.futures
        }

    def decided_sites_of(self, future: Future) -> tuple[str, ...]:
        """Return the planned sites of a future that follow the common decision: those it doesn't lose."""
        return tuple(site for site in future.problem.planned_sites if site not in future.lost_sites)

    @cached_property
    def decided_sites(self) -> tuple[str, ...]:
        """Sites on whose opening the common decision is made: planned ones that not every future loses."""
        return tuple(dict.fromkeys(site for future in self.futures for site in self.decided_sites_of(future)))

    def in_first_unit(self, future: Future, level: Level) -> float:
        """Return the model units of the first future in one of a future's, negative for a maximised level."""
        definition = OBJECTIVES[level]
        scale = definition.reported_per_model(future.problem)
        scale /= definition.reported_per_model(self.futures[0].problem)
        return -scale if definition.maximise else scale

    def reported_per_model(self, level: Level) -> float:
        """Return the reported value of one of the first future's model units, negative where maximised."""
        factor = OBJECTIVES[level].reported_per_model(self.futures[0].problem)
        return -factor if OBJECTIVES[level].maximise else factor


Family = Callable[[FuturesProblem, PlanModel], Constraint]


def opened_alike(problem: FuturesProblem, model: PlanModel) -> Constraint:
    """A site opens in the same year in every future: its opening is decided before the future is known.

    future[s].open[j,t] = open[j,t]      (every future s, planned site j that it doesn't lose, year t)
    """
    by_key = {future.key: future for future in problem.futures}
    pairs = [(key, site) for key, future in by_key.items() for site in problem.decided_sites_of(future)]

    def rule(model: PlanModel, future: str, site: str, year: int) -> Expression:
        return model.future[future].open[site, year] == model.open[site, year]

    return Constraint(pairs, problem.futures[0].problem.years, rule=rule)


def provided_alike(problem: FuturesProblem, model: PlanModel) -> Constraint:
    """A function starts in the same year in every future. Exists where functions are decided now too.

    future[s].provide[j,f,t] = provide[j,f,t]      (every future s, site j that it doesn't lose, f, t)
    """
    pairs = [
        (future.key, site, function)
        for future in problem.futures
        for site, function in _decided_functions_of(problem, future)
    ]

    def rule(model: PlanModel, future: str, site: str, function: str, year: int) -> Expression:
        return model.future[future].provide[site, function, year] == model.provide[site, function, year]

    return Constraint(pairs, problem.futures[0].problem.years, rule=rule)


def worst_future(problem: FuturesProblem, model: PlanModel) -> Constraint:
    """No future is worse than the worst: its first level, less what it is measured against.

    worst ≥ value[s] − reference[s]      (in the first level's model unit, to be minimised; every future s)
    """
    by_key = {future.key: future for future in problem.futures}
    unit = problem.reported_per_model(problem.level)

    def rule(model: PlanModel, future: str) -> Expression:
        value = value_in(problem, model, by_key[future], problem.level)
        return model.worst >= value - by_key[future].reference / unit

    return Constraint(model.futures, rule=rule)


FUTURES_CONSTRAINTS: Mapping[str, Family] = {
    family.__name__: family for family in (opened_alike, provided_alike, worst_future)
}
"""Every family that links futures, by its name in ``model/formulation.md``."""


def value_in(problem: FuturesProblem, model: PlanModel, future: Future, level: Level) -> Expression:
    """Return a level in a future, to be minimised, in model units of the first future."""
    expression = OBJECTIVES[level].expression(future.problem, model.future[future.key])
    return problem.in_first_unit(future, level) * expression


def mean_value(problem: FuturesProblem, model: PlanModel, level: Level) -> Expression:
    """Return the mean of a level over the futures, weighted by their probabilities, to be minimised."""
    return sum(
        problem.weights[future.key] * value_in(problem, model, future, level) for future in problem.futures
    )


def families_of(problem: FuturesProblem) -> Iterator[Family]:
    """Yield the linking families that the problem needs."""
    yield opened_alike
    if problem.decide is DecidedNow.FUNCTIONS:
        yield provided_alike
    if problem.rule is not DecisionRule.EXPECTED:
        yield worst_future


def build_futures_model(problem: FuturesProblem, levels: tuple[Level, ...]) -> PlanModel:
    """Build the model of all futures; objectives: ``rule``, then ``value`` by future, ``mean`` by level.

    Rows of a block read ``future[less_money].rooms_fit_in_site[S012,2028]``.
    """
    model = futures_variables(problem)
    for future in problem.futures:
        fill_model(future.problem, model.future[future.key], levels, shared=True)
    for family in families_of(problem):
        setattr(model, family.__name__, family(problem, model))
    first = problem.level
    expected = problem.rule is DecisionRule.EXPECTED
    nothing = 0.0 * next(iter(model.future[problem.futures[0].key].carried.values()))
    wanted = [mean_value(problem, model, first) if expected else model.worst]
    wanted += [value_in(problem, model, future, first) for future in problem.futures]
    wanted += [mean_value(problem, model, level) for level in levels]
    for number, expression in enumerate(wanted):
        setattr(model, f"objective_{number}", Objective(expr=expression + nothing, sense=minimize))
    return model


def futures_variables(problem: FuturesProblem, *, filled: bool = False) -> PlanModel:
    """Return a model with the common decision, the worst value, and a block for each future.

    ``filled``: the blocks have their variables, but no constraints.
    """
    model = new_model()
    years = problem.futures[0].problem.years
    functions = [pair for future in problem.futures for pair in _decided_functions_of(problem, future)]
    model.futures = Set(initialize=[future.key for future in problem.futures], ordered=True)
    model.open = Var(problem.decided_sites, years, domain=Binary)
    model.provide = Var(list(dict.fromkeys(functions)), years, domain=Binary)
    model.worst = Var()
    model.future = Block(model.futures)
    for future in problem.futures:
        if filled:
            declare_variables(future.problem, model.future[future.key], (problem.level,))
    return model


def _decided_functions_of(problem: FuturesProblem, future: Future) -> list[tuple[str, str]]:
    """Return the (site, function) pairs of a future that follow the common decision, if functions do."""
    if problem.decide is not DecidedNow.FUNCTIONS:
        return []
    return [
        (site, function)
        for site in problem.decided_sites_of(future)
        for function in future.problem.functions
        if function in future.problem.sites[site].may_host
    ]
