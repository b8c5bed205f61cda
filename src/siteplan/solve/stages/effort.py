"""What each stage may take: work at effort 1, shares of the time left; and from which size on."""

from __future__ import annotations

MOVES_PER_SITE = 25_000
RUNS_FROM_PROMISING = 4
RUNS_TO_BE_CROSSED = 8
WORST_OFF_RUNS = 2
RUNS_BESIDE, MOVES_BESIDE = 4, 8_000_000
MERGED_PLANS, MERGING_NODES = 4, 300
SINGLE_YEAR_NODES = 3000
STAGING_NODES = 300
FIRST_LEVEL_NODES, NODES_FROM_NOTHING = 3000, 600
LATER_LEVEL_NODES = 60
NEIGHBOURHOOD_NODES = 20
NEIGHBOURHOOD_PASSES = 3
"""Work limits at effort 1: annealing moves of a run, by site, runs from what is promising, runs where their
plans are crossed, runs for more functions in every community, runs beside branch and bound and their moves,
best plans that are merged, branch-and-bound nodes of each stage (of the first level also from nothing, beside
all that finds plans), passes."""
COLUMNS_OF_NODE_LIMITS = 3000
"""Node limits are for programs of this many columns; a smaller program gets more nodes, as they are cheap."""
HEAD_START_S = 1.0
"""Seconds after which the neighbourhood search joins a solver run that is still unproven."""
CORES_OF_A_SOLVE = 2
"""With no more cores than this the neighbourhood search waits while two programs are solved."""
LEAST_SECONDS_BESIDE = 20.0
"""What the search has to have beside branch and bound, where it goes on."""
COMPILER_SHARE = 0.5
"""Share of the time left that the search may wait for the compiler, which runs once on a machine."""
PRICES_SHARE, PRICES_SHARE_WITHOUT_PROGRAM = 0.2, 0.35
SEARCH_SHARE, WORST_OFF_SHARE, SEARCH_SHARE_BESIDE = 0.4, 0.2, 0.5
FIRST_LEVEL_SHARE, FIRST_LEVEL_SHARE_UNBRANCHED = 0.9, 0.75
MERGING_SHARE, MERGING_SHARE_UNBRANCHED = 0.15, 0.6
SINGLE_YEAR_SHARE = 0.5
"""Shares of the time left, at most: the bounds by prices (the larger where the whole program doesn't follow,
as nothing else proves anything there), the search, each of its steps to more functions in every community,
and the first level of what is left for the solve; merging and single-year bounds of what is left for the
first level; the runs beside branch and bound of what that has. The larger of two where branching is of no
use."""
LARGEST_BRANCHED_PROGRAM = 16_000
"""Columns beyond which branching on a year, or on the whole, proves no more than prices do in that time."""
LARGEST_PROGRAM = 120_000
"""Columns beyond which HiGHS makes nothing of the whole program in the time that a planner waits."""
BUILD_SECONDS_PER_COLUMN, BUILD_SHARE, SMALL_BUILD_SHARE = 1e-4, 0.5, 0.1
"""What building and compiling a program takes, and the shares of the time left that it may take: the smaller
where a plan that keeps every rule is known without it."""
SHARE_WITHOUT_PROGRAM, MOVES_WITHOUT_PROGRAM, RUNS_WITHOUT_PROGRAM = 0.9, 100_000, 2
"""Share of the time, moves by site and runs of the search where nothing follows: fewer and longer runs, as
they scatter less the larger the problem is."""
BUILD_OF_ALL_LEVELS = 6.0
"""Building the program of all levels takes so many times as long as that of the first, at most: 3.5 of the
shipped rollout, 5.5 of a generated district, whose first one has no variables of areas."""
MENDING_SHARE, MENDING_SHARE_UNBRANCHED = 0.35, 0.8
REPAIR_SHARE, REPAIR_SHARE_UNBRANCHED, CROSSING_SHARE = 0.4, 0.8, 0.5
"""Shares of the first level's time for mending the search's plans where they may break a rule, of that for
the first of them (the larger where branching is of no use: from nothing it finds nothing), and of the rest
for crossing it with others."""
FAR_FROM_PRICES, LONGER_MENDING_SHARE = 0.08, 0.4
"""A merged plan that is above the bound from prices by more than this share of it is worked on for this share
of the time more: on a slow or busy machine the solver may have had too little."""
MENDED_WELL_ENOUGH = 0.02
"""Gap, as a share of the first level, at which a mended plan is begun with."""
HURRIED_SHARE = 0.1
"""A search with less of its time left may have been hurried by the clock."""
