"""Primal search: annealing over site programmes and opening years, which gives the solver its start."""

from siteplan.solve.search.start import search_start

__all__ = ["search_start"]
