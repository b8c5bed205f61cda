"""Read everything a run needs: scenario, model files, case tables, roads; and check it."""
