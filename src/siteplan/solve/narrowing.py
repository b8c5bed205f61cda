"""From a program that has no solution to few rules that clash by themselves.

Proofs that there is none are what takes long, so they come last and few:

1. what clashes whatever the money is told without it, so the rules on money are left out if the rest clashes;
2. the linear relaxation with every rule's objects made elastic: where it has no solution, the rows with a
   dual value are a proof by themselves (Farkas);
3. else rules are taken up as they are broken: a solution of those taken up so far names the next ones, until
   there is none (Chinneck and Dravnieks 1991, turned round);
4. of what was taken up rules are left out in turn, two at a time, then their objects, which are halved where
   they are many (QuickXplain, Junker 2004). A solution found on the way answers for every set of rules that
   it happens to keep, a proof for every larger set.

Whatever ends the search early, the set returned is proven to clash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from siteplan.highs import Answer, Clock, FloatArray, Limits, Program, SolverSession, Status
from siteplan.solve.rows import Keys, family_of, keys_of, weights_of, with_slacks, without_rows

Element = tuple[str, Keys]
"""A rule and one of its objects; a rule without keys: as a whole."""

KEPT_WITHIN = 1e-6
"""A row is kept if it is exceeded by no more, absolute or relative to its bound."""
DUAL_ZERO = 1e-9
FEW = 24
"""So many elements are left out one after another rather than halved."""
FEW_NODES = 20
"""How far a solution that breaks few rules is searched for."""
SHARE_WITHOUT_MONEY, SHARE_OF_A_STEP, SHARE_OF_TAKING_UP = 0.25, 0.15, 0.6
"""Shares of the time left, at most: without rules on money, for a solution that breaks few, for taking up."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Elements that clash; ``needed``: those without which the others are proven not to."""

    elements: tuple[Element, ...]
    needed: frozenset[Element]

    @property
    def is_irreducible(self) -> bool:
        """Whether without any one of them the others don't clash."""
        return self.needed == frozenset(self.elements)


@dataclass(eq=False)
class Narrowing:
    """One search in a program whose rows of `rules` clash.

    ``rules``: those that a conflict rather does without first; ``money``: of them, those on money.
    ``objects``: how many keys of a row name an object, None: all; rules that it lacks count as a whole.
    """

    program: Program
    rules: Sequence[str]
    money: frozenset[str]
    objects: Mapping[str, int | None]
    session: SolverSession
    clock: Clock
    witnesses: list[frozenset[Element]] = field(default_factory=list)
    """The elements that a known solution keeps."""
    proofs: list[frozenset[Element]] = field(default_factory=list)
    """Sets of elements that are proven to clash."""

    def __post_init__(self) -> None:
        self.program = replace(self.program, cost=np.zeros(len(self.program.cost)), offset=0.0)

    @cached_property
    def rows(self) -> dict[Element, list[int]]:
        """The rows of each element, the rules that a conflict rather does without last."""
        rows: dict[Element, list[int]] = {}
        for number, name in enumerate(self.program.row_names):
            element = self._element(name)
            if element[0] in self.rules:
                rows.setdefault(element, []).append(number)
        position = {rule: number for number, rule in enumerate(self.rules)}
        order = sorted(rows, key=lambda element: -position[element[0]])
        return {element: rows[element] for element in order}

    def _element(self, row_name: str) -> Element:
        rule = family_of(row_name)
        return rule, keys_of(row_name)[: self.objects[rule]] if rule in self.objects else ()

    def find(self) -> Narrowed:
        """Return few elements that clash."""
        everything = list(self.rows)
        without_money = [element for element in everything if element[0] not in self.money]
        early = self.clock.until(SHARE_WITHOUT_MONEY * self.clock.seconds_left())
        if len(without_money) < len(everything) and self._clashes(without_money, clock=early):
            everything = without_money
        return self._narrowed(self._taken_up(everything))

    def go_on(self, found: Narrowed, clock: Clock) -> Narrowed:
        """Return what was found narrowed further in more time."""
        self.clock = clock
        return self._narrowed(list(found.elements))

    def _narrowed(self, clashing: list[Element]) -> Narrowed:
        """Return what is left of elements that clash: first rules are left out, then their objects."""
        by_rule: dict[str, list[Element]] = {}
        for element in clashing:
            by_rule.setdefault(element[0], []).append(element)
        whole = [element for element in clashing if element[0] not in self.objects]
        of_objects = [group for rule, group in by_rule.items() if rule in self.objects]
        left = self._left_out_in_turn(clashing, [whole, *reversed(of_objects)])
        if len(left) > FEW:
            left = self._halved([], left, is_new=True)
        else:
            left = self._left_out_in_turn(left, [[element] for element in reversed(left)])
        return self._told(left)

    def is_kept(self, found: Narrowed) -> bool:
        """Return whether a known solution keeps all elements: then they don't clash."""
        return any(frozenset(found.elements) <= kept for kept in self.witnesses)

    def _told(self, left: Sequence[Element]) -> Narrowed:
        found = frozenset(left)
        needed = (each for each in found if any(found - {each} <= kept for kept in self.witnesses))
        return Narrowed(tuple(each for each in self.rows if each in found), frozenset(needed))

    def _taken_up(self, everything: list[Element]) -> list[Element]:
        """Return elements that are proven to clash: of the relaxation, those taken up, or all."""
        relaxed = self._of_relaxation(everything)
        if relaxed is not None:
            return relaxed
        whole = [element for element in everything if element[0] not in self.objects]
        chosen = set(whole)
        clock = self.clock.until(SHARE_OF_TAKING_UP * self.clock.seconds_left())
        while len(chosen) < len(everything):
            answer = self.session.solve(self._of(chosen), Limits(), clock)
            if answer.status is Status.INFEASIBLE:
                self.proofs.append(frozenset(chosen))
                return [element for element in everything if element in chosen]
            if answer.values is None:
                break
            broken = self._broken(everything, chosen, answer, clock)
            if not broken:
                break
            chosen |= broken
        return everything

    def _of_relaxation(self, everything: Sequence[Element]) -> list[Element] | None:
        """Return elements that clash in the linear relaxation; None where they don't."""
        program = self._of(everything)
        names = program.row_names
        rows = [number for number, name in enumerate(names) if family_of(name) in self.objects]
        elastic = with_slacks(program, rows, is_whole=False)
        answer = self.session.solve(elastic.relaxed(), Limits(), self.clock)
        duals = answer.row_duals
        if answer.status is not Status.OPTIMAL or duals is None or (answer.objective or 0.0) <= KEPT_WITHIN:
            return None
        proving = {names[row] for row in np.flatnonzero(np.abs(duals) > DUAL_ZERO)}
        core = [
            element
            for element in everything
            if any(self.program.row_names[row] in proving for row in self.rows[element])
        ]
        answer = self.session.solve(self._of(core).relaxed(), Limits(), self.clock)
        if answer.status is not Status.INFEASIBLE:
            return None
        self.proofs.append(frozenset(core))
        return core

    def _broken(
        self, everything: Sequence[Element], chosen: set[Element], found: Answer, clock: Clock
    ) -> set[Element]:
        """Return elements that a solution of those chosen breaks: as few as are found quickly."""
        assert found.values is not None
        others = {element for element in everything if element not in chosen}
        program = self._of(everything)
        elements = [self._element(name) for name in program.row_names]
        rows = [number for number, element in enumerate(elements) if element in others]
        elastic = with_slacks(program, rows, is_whole=False, weight=weights_of(program, rows))
        binaries = np.flatnonzero(self.program.is_integer)
        start = binaries, found.values[binaries].round()
        limit = clock.until(SHARE_OF_A_STEP * clock.seconds_left())
        answer = self.session.solve(elastic, Limits(nodes=FEW_NODES), limit, start)
        solutions = [found.values]
        if answer.values is not None:
            solutions.append(answer.values[: len(self.program.cost)])
        kept = [self._witness(values) for values in solutions]
        return min((others - each for each in kept), key=len)

    def _left_out_in_turn(
        self, clashing: Sequence[Element], groups: Sequence[Sequence[Element]]
    ) -> list[Element]:
        """Return the elements without those groups that can be spared (deletion filter).

        Two groups are tried side by side; where both can be spared, the second is tried again without the
        first.
        """
        left = list(clashing)
        untried = [frozenset(group) for group in groups if group]
        with SolverSession() as second, ThreadPoolExecutor(max_workers=2) as pool:
            sessions = (self.session, second)
            while untried:
                pair, untried = untried[:2], untried[2:]
                sets = [[each for each in left if each not in group] for group in pair]
                answers = list(pool.map(self._clashes, sets, sessions))
                if answers[0]:
                    left = sets[0]
                if answers[-1] and len(pair) == 2:
                    left, untried = (left, [pair[1], *untried]) if answers[0] else (sets[1], untried)
        return left

    def _halved(self, background: list[Element], candidates: list[Element], *, is_new: bool) -> list[Element]:
        """Return the elements that are needed beside the background, irreducible (QuickXplain)."""
        if is_new and self._clashes(background):
            return []
        if len(candidates) <= 1:
            return candidates
        half = len(candidates) // 2
        first, second = candidates[:half], candidates[half:]
        needed = self._halved([*background, *first], second, is_new=True)
        return [*self._halved([*background, *needed], first, is_new=bool(needed)), *needed]

    def _clashes(
        self, chosen: Iterable[Element], session: SolverSession | None = None, clock: Clock | None = None
    ) -> bool:
        """Return whether elements are proven to clash; what the time leaves open isn't."""
        asked = frozenset(chosen)
        if any(asked <= kept for kept in self.witnesses):
            return False
        if any(proven <= asked for proven in self.proofs):
            return True
        answer = (session or self.session).solve(self._of(asked), Limits(), clock or self.clock)
        if answer.status is Status.INFEASIBLE:
            self.proofs.append(asked)
            return True
        if answer.values is not None:
            self._witness(answer.values)
        return False

    def _of(self, chosen: Iterable[Element]) -> Program:
        """Return the program with the rows of these elements only, and those that are no rule's."""
        left_out = self.rows.keys() - set(chosen)
        return without_rows(self.program, [row for element in left_out for row in self.rows[element]])

    def _witness(self, values: FloatArray) -> frozenset[Element]:
        """Return the elements that a solution keeps, and remember them."""
        activity = np.asarray(self.program.matrix @ values)
        lower, upper = self.program.row_lower, self.program.row_upper
        is_kept: NDArray[np.bool_] = (activity >= lower - _room(lower)) & (activity <= upper + _room(upper))
        kept = frozenset(element for element, rows in self.rows.items() if is_kept[rows].all())
        self.witnesses.append(kept)
        return kept


def _room(bound: FloatArray) -> FloatArray:
    return KEPT_WITHIN * np.maximum(1.0, np.where(np.isfinite(bound), np.abs(bound), 1.0))
