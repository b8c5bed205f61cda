"""Who pays for a plan: its capital by funding source, worked out once the projects are decided.

Of all ways to pay the projects within the conditions of the sources, the one taken uses sources in the
order in which the scenario lists them. It is a small linear program, the same for the same decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from siteplan.outcome.provision import room_area_m2
from siteplan.plan import Decisions, SourcePayment, SourceYear
from siteplan.problem import FundingSource, Problem
from siteplan.units import to_cny, to_model_money

Capital = Mapping[str, Mapping[int, float]]
"""Planned site → year → capital cost in CNY."""
Spending = Mapping[tuple[str, str, int], float]
"""(site, source, year) → CNY that the source pays of the site's capital of the year, where positive."""

OVERSPENT = 1000.0
"""What a unit of money beyond a condition weighs against a unit of a source: conditions come first."""
EARLIER_FIRST = 0.01
"""Of equal ways to pay, the first sources pay early: each year earlier weighs this much more."""
SMALLEST_PAYMENT_CNY = 0.01
"""Less than a fen is solver noise."""


def spending_by_source(
    problem: Problem, decisions: Decisions, capital: Capital
) -> dict[tuple[str, str, int], float]:
    """Return what each source pays of each project, empty where money isn't planned by source.

    Every project is paid in full: where the conditions leave no way, they are exceeded by as little as
    possible, which `siteplan.verify` reports.
    """
    payments = _Payments(problem, decisions, capital)
    return payments.settled() if payments.columns else {}


def payments(problem: Problem, spending: Spending) -> tuple[SourcePayment, ...]:
    """Return the rows of the plan: site, source, year of the cost and year of the payment."""
    return tuple(
        SourcePayment(
            site_id=site,
            source=key,
            year=year,
            paid_in=year + problem.money.sources[key].paid_after_years,
            cny=cny,
        )
        for (site, key, year), cny in sorted(spending.items(), key=lambda item: (item[0][2], *item[0][:2]))
    )


def source_years(problem: Problem, spending: Spending) -> tuple[SourceYear, ...]:
    """Return amount, carry-over, grants and payments of each source and year in which it may pay."""
    rows: list[SourceYear] = []
    for key, source in problem.money.sources.items():
        carried_in = 0.0
        for year, amount in source.amounts_cny.items():
            paid = _granted(spending, key, year - source.paid_after_years)
            carried_out = carried_in + amount - paid if source.carry_over else 0.0
            rows.append(
                SourceYear(
                    source=key,
                    name_zh=source.name.zh,
                    name_en=source.name.en,
                    year=year,
                    amount_cny=amount,
                    carried_in_cny=carried_in,
                    granted_cny=_granted(spending, key, year),
                    paid_cny=paid,
                    carried_out_cny=carried_out,
                )
            )
            carried_in = carried_out
    return tuple(rows)


def awards_outstanding_cny(problem: Problem, spending: Spending, year: int) -> float:
    """Return the awards for projects accepted by the end of a year that are paid in later ones."""
    return sum(
        cny
        for (_, key, granted), cny in spending.items()
        if granted <= year < granted + problem.money.sources[key].paid_after_years
    )


def _granted(spending: Spending, source: str, year: int) -> float:
    return sum(cny for (_, key, granted), cny in spending.items() if (key, granted) == (source, year))


@dataclass(slots=True)
class _Rows:
    """Rows Σ coefficient · x ≤ limit (million CNY), each of which may be exceeded at a price."""

    entries: list[tuple[int, int, float]] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)

    def add(self, coefficients: Mapping[int, float], limit_cny: float) -> None:
        """Add one row."""
        row = len(self.limits)
        self.entries.extend((row, column, value) for column, value in coefficients.items())
        self.limits.append(to_model_money(limit_cny))


class _Payments:
    """The linear program: one column for each (site, source that may pay, year with capital)."""

    def __init__(self, problem: Problem, decisions: Decisions, capital: Capital) -> None:
        self.problem = problem
        self.decisions = decisions
        self.capital = capital
        self.sources = problem.money.sources
        self.columns: dict[tuple[str, str, int], int] = {}
        for site, by_year in capital.items():
            for key, source in self.sources.items():
                if source.may_pay(problem.sites[site]):
                    for year in (year for year, cny in by_year.items() if cny > 0.0):
                        self.columns[site, key, year] = len(self.columns)
        self.carried = {
            (key, year): len(self.columns) + number
            for number, (key, year) in enumerate(
                (key, year)
                for key, source in self.sources.items()
                if source.carry_over
                for year in source.amounts_cny
            )
        }

    def settled(self) -> dict[tuple[str, str, int], float]:
        """Solve; return the payments, scaled so that every project is paid to the last fen."""
        rows = self._rows()
        paid = self._projects()
        count, slacks = len(self.columns) + len(self.carried), len(rows.limits)
        ranks = {key: float(rank) for rank, key in enumerate(self.sources, start=1)}
        last = self.problem.years[-1]
        cost = np.zeros(count + slacks)
        for (_, key, year), column in self.columns.items():
            cost[column] = ranks[key] * (1.0 + EARLIER_FIRST * (last - year))
        cost[count:] = OVERSPENT
        entries = [*rows.entries, *((row, count + row, -1.0) for row in range(slacks))]
        answer = linprog(
            cost,
            A_ub=_matrix(entries, slacks, count + slacks) if slacks else None,
            b_ub=rows.limits or None,
            A_eq=_matrix(paid.entries, len(paid.limits), count + slacks),
            b_eq=paid.limits,
            method="highs",
        )
        if answer.x is None:
            raise ArithmeticError(answer.message)
        return self._scaled(answer.x)

    def _scaled(self, values: np.ndarray) -> dict[tuple[str, str, int], float]:
        cny = {key: to_cny(float(values[column])) for key, column in self.columns.items()}
        cny = {key: amount for key, amount in cny.items() if amount >= SMALLEST_PAYMENT_CNY}
        totals: dict[tuple[str, int], float] = {}
        for (site, _, year), amount in cny.items():
            totals[site, year] = totals.get((site, year), 0.0) + amount
        return {
            (site, key, year): amount * self.capital[site][year] / totals[site, year]
            for (site, key, year), amount in cny.items()
        }

    def _projects(self) -> _Rows:
        """`project_is_paid`."""
        rows = _Rows()
        for site, by_year in self.capital.items():
            for year, cny in by_year.items():
                columns = {
                    self.columns[site, key, year]: 1.0
                    for key in self.sources
                    if (site, key, year) in self.columns
                }
                if columns:
                    rows.add(columns, cny)
        return rows

    def _rows(self) -> _Rows:
        rows = _Rows()
        for key, source in self.sources.items():
            self._amounts(rows, key, source)
            for site in self.capital:
                self._conditions(rows, site, key, source)
        if any(source.paid_after_years for source in self.sources.values()):
            self._advance(rows)
        return rows

    def _amounts(self, rows: _Rows, key: str, source: FundingSource) -> None:
        """`source_amount`."""
        for year, amount in source.amounts_cny.items():
            granted = year - source.paid_after_years
            row = {
                column: 1.0
                for (_, payer, spent), column in self.columns.items()
                if (payer, spent) == (key, granted)
            }
            if source.carry_over:
                row[self.carried[key, year]] = 1.0
                if (key, year - 1) in self.carried:
                    row[self.carried[key, year - 1]] = -1.0
            rows.add(row, amount)

    def _conditions(self, rows: _Rows, site: str, key: str, source: FundingSource) -> None:
        """`source_share_of_project`, `source_cap_per_project`, `source_pays_eligible_functions`."""
        for year in self.problem.years:
            until = {
                self.columns[site, key, earlier]: 1.0
                for earlier in self.problem.years
                if earlier <= year and (site, key, earlier) in self.columns
            }
            if not until:
                continue
            if source.share_of_project_at_most is not None:
                cost = sum(cny for spent, cny in self.capital[site].items() if spent <= year)
                rows.add(until, source.share_of_project_at_most * cost)
            if source.eligible_functions is not None:
                rows.add(until, self._eligible_fit_out_cny(site, key, year))
            if source.per_project_cap_cny is not None and year == self.problem.years[-1]:
                rows.add(until, source.per_project_cap_cny)

    def _eligible_fit_out_cny(self, site: str, source: str, year: int) -> float:
        """Return the fit-out of the rooms of a source's functions at a site up to a year."""
        total = 0.0
        for group in self.problem.room_groups:
            functions = self.problem.eligible_in_room(source, site, group)
            if functions:
                room = room_area_m2(self.problem, self.decisions, site, group, year)
                used = sum(self.decisions.area_m2.get((site, key, year), 0.0) for key in functions)
                dearest = max(self.problem.functions[key].fit_out_cost_cny_per_m2 for key in functions)
                total += dearest * min(room, used)
        return total * self.problem.sites[site].floor_per_usable

    def _advance(self, rows: _Rows) -> None:
        """`awards_are_bridged`."""
        for year in self.problem.years:
            row = {
                column: 1.0
                for (_, key, granted), column in self.columns.items()
                if granted <= year < granted + self.sources[key].paid_after_years
            }
            rows.add(row, self.problem.money.advance_cny.get(year, 0.0))


def _matrix(entries: list[tuple[int, int, float]], rows: int, columns: int) -> csr_matrix:
    """Return the sparse matrix of (row, column, value) triples."""
    indices = np.array([entry[:2] for entry in entries], dtype=np.int64).reshape(-1, 2)
    values = [entry[2] for entry in entries]
    return csr_matrix((values, (indices[:, 0], indices[:, 1])), shape=(rows, columns))
