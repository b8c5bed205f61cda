"""Primal search: annealing over what sites provide in which year, which gives the solver its start."""

from siteplan.solve.search.start import search_start

__all__ = ["search_start"]
