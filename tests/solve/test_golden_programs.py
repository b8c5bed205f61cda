"""Each constraint family has a golden LP file of its own, and builds just that."""

from __future__ import annotations

import pytest
from tests.solve.golden_programs import FOLDER, golden_file, program_text

from siteplan.solve.formulation import CONSTRAINTS


def test_every_family_has_a_golden_file_and_every_file_a_family() -> None:
    """None is missing and none is left over."""
    assert {file.stem for file in FOLDER.glob("*.lp")} == set(CONSTRAINTS)


@pytest.mark.parametrize("family", CONSTRAINTS)
def test_a_family_builds_its_golden_program(family: str) -> None:
    """The program is as it was read and accepted, and isn't empty."""
    text = program_text(family)
    assert f"{family}(" in text
    assert text == golden_file(family).read_text(encoding="utf-8")
