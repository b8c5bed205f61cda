"""Generated cases to measure with: synthetic counties of four sizes, complete with roads and scenarios.

The generator is `siteplan.bench.making`; `siteplan.bench.sizes` alone comes without the geographic libraries.
"""
