"""The heap of the compiled search."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from siteplan.reach.kernel import QUEUED, Scratch, _drop_first, _enter


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 1000.0), max_size=40))
def test_nodes_leave_the_heap_in_order_of_distance(metres: list[float]) -> None:
    """Each node comes out once with its own distance, the nearest first."""
    count = len(metres)
    scratch = Scratch(
        node_m=np.full(count, np.inf),
        site_m=np.empty(0),
        touched=np.empty(count, dtype=np.int64),
        found=np.empty(0, dtype=np.int64),
        queue_m=np.empty(count),
        queue_node=np.empty(count, dtype=np.int64),
        used=np.zeros(3, dtype=np.int64),
    )
    for node, reached_m in enumerate(metres):
        _enter(scratch, node, reached_m, 1000.0)
    left = []
    while scratch.used[QUEUED] > 0:
        left.append((float(scratch.queue_m[0]), int(scratch.queue_node[0])))
        _drop_first(scratch)
    assert [reached_m for reached_m, _ in left] == sorted(metres)
    assert {node: reached_m for reached_m, node in left} == dict(enumerate(metres))
