"""Reading YAML: what is accepted, what is refused, and that each fault is told once with its line."""

from __future__ import annotations

import codecs
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siteplan.findings import Finding, InputError, Place
from siteplan.inputs.yaml_source import LARGEST_FILE_BYTES, YamlDocument, closest, read_yaml
from siteplan.text import Language


def read(tmp_path: Path, content: str | bytes) -> YamlDocument:
    file = tmp_path / "input.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_yaml(file)


def findings(tmp_path: Path, content: str | bytes) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    return caught.value.findings


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(lines)


MALFORMED: dict[str, tuple[str | bytes, str, int | None]] = {
    "empty": ("", "empty-file", None),
    "only comments": ("# nothing\n---\n", "empty-file", None),
    "a list": ("- 2027\n- 2028\n", "not-a-mapping", 1),
    "plain text": ("\n\nhello world\n", "not-a-mapping", 3),
    "a tab": ("pace:\n\tsites_per_year: 8\n", "yaml-tab", 2),
    "an indent astray": ("pace:\n  a: 1\n b: 2\n", "yaml-syntax", 3),
    "an open bracket": ("years: [2027, 2028\npace: 1\n", "yaml-syntax", 2),
    "an open quote": ('title: "2027\n', "yaml-syntax", 2),
    "two documents": ("a: 1\n---\nb: 2\n", "yaml-syntax", 2),
    "an unknown alias": ("a: *money\n", "yaml-syntax", 1),
    "a repeated key": ("a: 1\nb: 2\na: 3\n", "repeated-key", 3),
    "a year as number and as text": ("2027: 1\n'2027': 2\n", "repeated-key", 2),
    "a list as key": ("? [a, b]\n: 1\n", "unsuitable-key", 1),
    "a merge key": ("a: &x {b: 1}\nc:\n  <<: *x\n", "unsuitable-key", 3),
    "a Python object": ("a: 1\nb: !!python/object/apply:os.system [ls]\n", "unsuitable-tag", 2),
    "an alias bomb": (bomb(), "yaml-too-much", None),
    "an alias inside itself": ("a: &a [1, *a]\n", "yaml-too-deep", None),
    "deep nesting": ("a: " + "[" * 100 + "]" * 100, "yaml-too-deep", None),
    "very deep nesting": ("a: " + "[" * 20_000, "yaml-too-deep", None),
    "zeros": (b"a: 1\nb: \x00\x00\n", "not-text", 2),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xff\xff", "not-text", None),
    "too large": ("a: " + "x" * LARGEST_FILE_BYTES, "file-too-large", None),
}


@pytest.mark.parametrize("fault", MALFORMED)
def test_each_malformed_file_gets_one_finding_with_its_line(fault: str, tmp_path: Path) -> None:
    """Each kind of malformed file is refused by one finding of its own code, naming file and line."""
    content, code, line = MALFORMED[fault]
    (finding,) = findings(tmp_path, content)
    assert finding.code == code
    assert finding.place.file == tmp_path / "input.yaml"
    if line is not None:
        assert finding.place.line == line


@pytest.mark.parametrize("fault", MALFORMED)
def test_each_fault_is_told_in_both_languages(fault: str, tmp_path: Path) -> None:
    """Found, allowed and mend are Chinese in Chinese and hold no Chinese in English."""
    (finding,) = findings(tmp_path, MALFORMED[fault][0])
    for text in (finding.found, finding.allowed, finding.mend):
        assert has_chinese(text.in_language(Language.ZH))
        assert not has_chinese(text.in_language(Language.EN))


def has_chinese(words: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in words)


def test_all_repeated_keys_are_told_at_once(tmp_path: Path) -> None:
    """Two repeated keys, one of them nested, give two findings that name the first line as well."""
    found = findings(tmp_path, "a: 1\na: 2\nb:\n  c: 1\n  c: 2\n")
    assert [finding.place.yaml_path for finding in found] == ["a", "b.c"]
    assert "line 4" in found[1].found.en


def test_a_missing_file_is_refused_with_the_name_that_was_meant(tmp_path: Path) -> None:
    """`2027.yml` beside `2027.yaml` is told so."""
    (tmp_path / "2027.yaml").write_text("a: 1")
    with pytest.raises(InputError) as caught:
        read_yaml(tmp_path / "2027.yml")
    (finding,) = caught.value.findings
    assert finding.code == "missing-file"
    assert "2027.yaml" in finding.mend.en


def test_a_folder_in_place_of_a_file_is_refused_with_its_files(tmp_path: Path) -> None:
    """A folder is refused, and the YAML files in it are named."""
    (tmp_path / "2027.yaml").write_text("a: 1")
    with pytest.raises(InputError) as caught:
        read_yaml(tmp_path)
    (finding,) = caught.value.findings
    assert finding.code == "folder-not-file"
    assert "2027.yaml" in finding.mend.zh


@pytest.mark.parametrize(
    "encoded",
    [
        "标题: 周至县".encode(),
        codecs.BOM_UTF8 + "标题: 周至县".encode(),
        "标题: 周至县".encode("gbk"),
        "标题: 周至县".encode("gb18030"),
        "标题: 周至县".encode("utf-16"),
    ],
    ids=["utf-8", "utf-8 with BOM", "gbk", "gb18030", "utf-16"],
)
def test_common_encodings_are_read(encoded: bytes, tmp_path: Path) -> None:
    """UTF-8 with and without BOM, GBK, GB18030 and UTF-16 give the same text."""
    assert read(tmp_path, encoded).data == {"标题": "周至县"}


def test_full_width_punctuation_is_recognised(tmp_path: Path) -> None:
    """A file written with full-width colons is told to use half-width ones."""
    (finding,) = findings(tmp_path, "years： [2027]\n")
    assert "half-width" in finding.mend.en


def test_scalars_have_the_types_that_planners_expect(tmp_path: Path) -> None:
    """Numbers, grouped numbers, truth and nothing are typed; codes, times and dates stay text."""
    document = read(
        tmp_path,
        "{a: 3_000_000, b: 0.5, c: true, d: null, e: 0610, f: 12:30, g: 2027-01-01, h: '5', i: -2, j: ~}",
    )
    assert document.data == {
        "a": 3_000_000,
        "b": 0.5,
        "c": True,
        "d": None,
        "e": "0610",
        "f": "12:30",
        "g": "2027-01-01",
        "h": "5",
        "i": -2,
        "j": None,
    }


def test_places_name_the_line_of_every_entry(tmp_path: Path) -> None:
    """Keys, years and list items have the line on which they stand; unstated ones their parent's."""
    document = read(tmp_path, "a:\n  2027: 1\n  list:\n    - x\n    - y\n")
    file = tmp_path / "input.yaml"
    assert document.place_of(("a", "2027")) == Place(file=file, yaml_path="a.2027", line=2)
    assert document.place_of(("a", "list", 1)) == Place(file=file, yaml_path="a.list[1]", line=5)
    assert document.place_of(("a", "missing")) == Place(file=file, yaml_path="a.missing", line=1)


def test_aliases_within_bounds_are_read(tmp_path: Path) -> None:
    """An ordinary anchor and alias repeat their content."""
    assert read(tmp_path, "a: &x [1, 2]\nb: *x\n").data == {"a": [1, 2], "b": [1, 2]}


def test_files_inside_the_working_directory_are_named_relative_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planner reads `input.yaml`, not the whole path, when it lies in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input.yaml").write_text("a: 1")
    assert read_yaml(tmp_path / "input.yaml").file == Path("input.yaml")


def test_closest_finds_slips_and_nothing_far_off() -> None:
    """A slip of the pen is recognised, another word is not."""
    assert closest("Yeers", ["years", "pace"]) == "years"
    assert closest("xyz", ["years", "pace"]) is None


@given(st.binary(max_size=60) | st.text("ab:-[]{}&*!?|>'\"\\#%@,~ \n\t1_.x：", max_size=60).map(str.encode))
def test_any_bytes_are_either_read_or_refused_by_findings(content: bytes) -> None:
    """Whatever a file holds, reading it gives a document or findings that can be written out."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "input.yaml"
        file.write_bytes(content)
        try:
            assert isinstance(read_yaml(file).data, dict)
        except InputError as refusal:
            for finding in refusal.findings:
                assert finding.describe(Language.ZH).encode()
                assert finding.describe(Language.EN).encode()
