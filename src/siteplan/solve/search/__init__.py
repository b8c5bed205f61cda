"""Primal search: annealing over what sites provide in which year, which gives the solver its start."""

from siteplan.solve.search.start import Found, Promising, Runs, search_starts

__all__ = ["Found", "Promising", "Runs", "search_starts"]
