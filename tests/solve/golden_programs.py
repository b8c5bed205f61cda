"""The program of each constraint family alone, as a readable LP file in ``golden/``, compared by a test.

After a family was changed on purpose, write its file again and read the difference:

    python -m tests.solve.golden_programs FAMILY …      # without a name: every family
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from pyomo.environ import Objective
from pyomo.repn.plugins.lp_writer import LPWriter
from tests.solve.test_formulation import CASES

from siteplan.solve.formulation import CONSTRAINTS
from siteplan.solve.formulation.model import declare_variables
from siteplan.solve.formulation.variables import new_model

FOLDER = Path(__file__).parent / "golden"


def golden_file(family: str) -> Path:
    """Return where a family's program is kept."""
    return FOLDER / f"{family}.lp"


def program_text(family: str) -> str:
    """Return the LP file of a family alone, with an empty objective, on the tiny problem where it binds."""
    case = CASES[family]
    model = new_model()
    declare_variables(case.problem, model, (case.level,))
    setattr(model, family, CONSTRAINTS[family](case.problem, model))
    model.nothing = Objective(expr=0.0)
    text = io.StringIO()
    LPWriter().write(model, text, symbolic_solver_labels=True)
    return text.getvalue()


def main(families: list[str]) -> None:
    """Write the files of the named families, or of all."""
    FOLDER.mkdir(exist_ok=True)
    for family in families or CONSTRAINTS:
        golden_file(family).write_text(program_text(family), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
