"""The stages of a solve, one module each; `siteplan.solve.planning` calls them in turn."""
