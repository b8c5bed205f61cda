"""Decomposition: single-year problems whose bounds add up, staging of an end state, neighbourhoods."""
