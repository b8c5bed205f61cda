"""Solve the planning problem: formulation, search, bounds, the solver session."""
