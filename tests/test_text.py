"""Texts as cells of a table for a spreadsheet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from siteplan.text import FORMULA_STARTS, as_cell, from_cell

TEXTS = st.one_of(
    st.text(), st.builds("{}{}".format, st.sampled_from([*FORMULA_STARTS, "'", "''="]), st.text())
)


@given(TEXTS)
def test_a_cell_begins_no_formula_and_gives_back_its_text(words: str) -> None:
    """Whatever a name is, its cell is inert and can be undone."""
    assert not as_cell(words).startswith(FORMULA_STARTS)
    assert from_cell(as_cell(words)) == words


def test_an_ordinary_name_is_its_own_cell() -> None:
    """Only what begins like a formula, or with an apostrophe, is changed."""
    assert as_cell("城西社区=1") == "城西社区=1"
    assert as_cell("-1") == "'-1"
    assert from_cell("it's") == "it's"
