"""The data dictionary says what the row types say."""

from __future__ import annotations

from pathlib import Path

from siteplan.case import TABLES
from siteplan.inputs.columns import columns_of
from siteplan.inputs.dictionary import DEFAULT_FILE, data_dictionary, main

ROOT = Path(__file__).parents[2]


def test_committed_dictionary_is_the_generated_one() -> None:
    """`docs/data-dictionary.md` is up to date; else run `python -m siteplan.inputs.dictionary`."""
    assert (ROOT / DEFAULT_FILE).read_text(encoding="utf-8") == data_dictionary()


def test_every_column_and_choice_is_listed(tmp_path: Path) -> None:
    """Each column stands in the written file with its Chinese name, each choice with its label."""
    main([str(tmp_path / "new" / "dictionary.md")])
    text = (tmp_path / "new" / "dictionary.md").read_text(encoding="utf-8")
    for row_type in TABLES.values():
        for column in columns_of(row_type):
            assert f"| `{column.name}` | {column.zh} |" in text
            if column.choice is not None:
                for member, label in column.choice.labels().items():
                    assert f"| `{member.value}` | {label} |" in text


def test_no_two_columns_of_a_table_share_a_name() -> None:
    """A heading in either language leads to one column."""
    for row_type in TABLES.values():
        names = [name for column in columns_of(row_type) for name in (column.name, column.zh)]
        assert len(set(names)) == len(names)
