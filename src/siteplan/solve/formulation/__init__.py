"""The mixed-integer program in Pyomo: one small function per constraint of ``model/formulation.md``.

The modules are grouped as that document groups the constraints: `time`, `conversion`, `by_hand`, `form`,
`stock`, `space`, `coverage`, `capacity`, `places`, `operators`, `money`, `funding`, `standards`; `variables`
and `objective` frame them; `model` puts them together, `futures` one for each of several futures.
"""

from siteplan.solve.formulation.model import CONSTRAINTS, build_model
from siteplan.solve.formulation.objective import OBJECTIVES, ObjectiveLevel

__all__ = ["CONSTRAINTS", "OBJECTIVES", "ObjectiveLevel", "build_model"]
