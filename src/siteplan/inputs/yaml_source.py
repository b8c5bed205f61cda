"""Reading a YAML file into plain data that remembers the line of every entry.

Only mappings, lists and plain scalars are built; the document is composed, never constructed, so no tag
can run code. Size, depth and what aliases may unfold to are bounded. Keys are always text (a year
written ``2027`` is the key ``"2027"``); the types that the data is validated against turn it into a number.
"""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from siteplan.findings import (
    Finding,
    InputError,
    Place,
    YamlPath,
    dotted,
    error,
    nearest_place,
    raise_errors,
)
from siteplan.text import Text

LARGEST_FILE_BYTES = 512 * 1024
"""Files of planners have a few kilobytes; a larger one was named by mistake."""

LARGEST_NODE_COUNT = 50_000
"""Entries after aliases are unfolded: nine aliases of nine aliases … would fill the memory."""

DEEPEST_NESTING = 40
"""Nesting of a document; the files of siteplan need six levels."""

FASTEST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one of libyaml where PyYAML has it. Its own words for faults differ, and it bounds the nesting too."""

FULL_WIDTH = "：，｛｝［］“”"

TAG = "tag:yaml.org,2002:"
TEXT_TAGS = {f"{TAG}{name}" for name in ("str", "timestamp", "value", "merge")}


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A mapping read from YAML, with the place of every entry by its path.

    ``removed`` holds the entries that a ``null`` took away when files were merged.
    """

    file: Path
    data: Mapping[str, Any]
    places: Mapping[YamlPath, Place]
    removed: Mapping[YamlPath, Place] = field(default_factory=dict)

    def place_of(self, path: YamlPath) -> Place:
        """Return where ``path`` is stated, or its nearest stated parent, under the full dotted path."""
        return nearest_place(self.places, path, self.file)


def closest(word: str, options: Iterable[str]) -> str | None:
    """Return the option that ``word`` probably means, or None."""
    by_lower_case = {option.lower(): option for option in options}
    matches = difflib.get_close_matches(word.lower(), by_lower_case, n=1, cutoff=0.6)
    return by_lower_case[matches[0]] if matches else None


def as_shown(path: Path) -> Path:
    """Return the path as a planner knows it: relative to the working directory if it is inside."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def read_yaml(path: Path) -> YamlDocument:
    """Read a YAML file whose root is a mapping.

    Raises:
        InputError: the file can't be read, is no YAML, is empty, unfolds to too much, or repeats keys.
    """
    shown = as_shown(path)
    text = _decoded(_read_bytes(path, shown), shown)
    root = _composed(text, shown)
    if root is None or root.tag == f"{TAG}null":
        raise InputError([_empty_file(shown)])
    if not isinstance(root, yaml.MappingNode):
        raise InputError([_not_a_mapping(shown, root, text)])
    builder = _Builder(shown)
    data = builder.build(root, ())
    raise_errors(builder.findings)
    return YamlDocument(shown, data, builder.places)


# --- the file -----------------------------------------------------------------------------------------


def _read_bytes(path: Path, shown: Path) -> bytes:
    try:
        problem = _why_not_a_file(path, shown)
        content = path.read_bytes() if problem is None else b""
    except OSError as reason:
        problem, content = _unreadable(shown, reason), b""
    raise_errors([problem] if problem is not None else [])
    return content


def _why_not_a_file(path: Path, shown: Path) -> Finding | None:
    if not path.exists():
        return missing_file(shown, Place(file=shown))
    if path.is_dir():
        return error(
            "folder-not-file",
            Place(file=shown),
            found=Text("这是一个文件夹", "this is a folder"),
            allowed=Text("一个 YAML 文件", "a YAML file"),
            mend=Text("写明文件夹里的那个文件" + _yaml_in(path), "name the file inside it" + _yaml_in(path)),
        )
    if not path.is_file():
        return error(
            "not-a-file",
            Place(file=shown),
            found=Text("这不是普通文件", "this is not a regular file"),
            allowed=Text("一个 YAML 文件", "a YAML file"),
            mend=Text("换成普通文件", "name a regular file"),
        )
    size = path.stat().st_size
    if size > LARGEST_FILE_BYTES:
        return error(
            "file-too-large",
            Place(file=shown),
            found=Text(f"文件有 {size:,} 字节", f"the file has {size:,} bytes"),
            allowed=Text(f"最多 {LARGEST_FILE_BYTES:,} 字节", f"at most {LARGEST_FILE_BYTES:,} bytes"),
            mend=Text("检查是否指错了文件", "check whether the wrong file was named"),
        )
    return None


def _yaml_in(folder: Path) -> str:
    names = sorted(item.name for item in folder.glob("*.yaml"))[:5]
    return f": {', '.join(names)}" if names else ""


def missing_file(shown: Path, place: Place) -> Finding:
    """Return the finding that the file ``shown``, stated at ``place``, isn't there."""
    folder = shown.parent
    names = [item.name for item in folder.iterdir() if item.is_file()] if folder.is_dir() else []
    near = closest(shown.name, names)
    return error(
        "missing-file",
        place,
        found=Text(f"找不到文件 {shown}", f"there is no file {shown}"),
        allowed=Text("一个已有的文件", "a file that exists"),
        mend=Text(f"是不是 {folder / near}？", f"did you mean {folder / near}?")
        if near
        else Text("检查路径和文件名", "check the path and the file name"),
    )


def _unreadable(shown: Path, reason: OSError) -> Finding:
    return error(
        "unreadable-file",
        Place(file=shown),
        found=Text(f"无法读取（{reason.strerror}）", f"it can't be read ({reason.strerror})"),
        allowed=Text("可读的文件", "a file that may be read"),
        mend=Text("检查文件名和权限", "check the name and the permissions of the file"),
    )


def _decoded(content: bytes, shown: Path) -> str:
    """Decode UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030, of which GBK is a part."""
    with_bom = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if with_bom else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError([_not_text(shown, None)])


def _not_text(shown: Path, line: int | None) -> Finding:
    return error(
        "not-text",
        Place(file=shown, line=line),
        found=Text("文件不是可读的文本", "the file is not readable text"),
        allowed=Text("UTF-8（或 GBK/GB18030）编码的文本", "text in UTF-8 (or GBK/GB18030)"),
        mend=Text("用文本编辑器另存为 UTF-8", "save it as UTF-8 with a text editor"),
    )


def _empty_file(shown: Path) -> Finding:
    return error(
        "empty-file",
        Place(file=shown),
        found=Text("文件里没有内容", "the file says nothing"),
        allowed=Text("“名称: 值”形式的内容", "entries of the form `name: value`"),
        mend=Text("从自带的示例复制一份再改", "start from a copy of a bundled file"),
    )


# --- the syntax ---------------------------------------------------------------------------------------


def _composed(text: str, shown: Path) -> yaml.Node | None:
    """Return the root; read by libyaml, which is ten times faster, where it finds no fault to be told of."""
    try:
        with contextlib.suppress(yaml.YAMLError):
            return _root_by(FASTEST_LOADER, text)
        return _root_by(yaml.SafeLoader, text)
    except yaml.reader.ReaderError as problem:
        line = text[: problem.position].count("\n") + 1
        raise InputError([_not_text(shown, line)]) from problem
    except yaml.MarkedYAMLError as problem:
        raise InputError([_syntax_finding(shown, problem, text)]) from problem
    except RecursionError:
        raise InputError([_too_deep(Place(file=shown))]) from None


def _root_by(kind: Any, text: str) -> yaml.Node | None:
    loader = kind(text)
    try:
        root: yaml.Node | None = loader.get_single_node()
        return root
    finally:
        loader.dispose()


SYNTAX_PROBLEMS = {
    "mapping values are not allowed here": "这里不该出现“名称: 值”，多半是缩进不齐",
    "could not find expected ':'": "名称后面缺少冒号",
    "expected <block end>": "缩进不齐",
    "did not find expected": "缩进不齐或缺少括号",
    "expected ',' or": "方括号或花括号里缺少逗号，或没有收尾",
    "unexpected end of stream": "引号没有收尾",
    "but found another document": "一个文件里只能有一份内容（多了一条 ---）",
    "found undefined alias": "引用了没有定义的别名（*）",
    "found duplicate anchor": "同一个锚（&）定义了两次",
}
"""Chinese for what the parser says most often."""


def _syntax_finding(shown: Path, problem: yaml.MarkedYAMLError, text: str) -> Finding:
    mark = problem.problem_mark or problem.context_mark
    line = mark.line + 1 if mark is not None else None
    words = " ".join(part for part in (problem.context, problem.problem) if part)
    if "'\\t'" in words:
        return error(
            "yaml-tab",
            Place(file=shown, line=line),
            found=Text("行首用了制表符（Tab）", "the line is indented with a tab"),
            allowed=Text("用空格缩进", "indentation with spaces"),
            mend=Text("把 Tab 换成两个空格", "replace the tab by two spaces"),
        )
    known = next((zh for en, zh in SYNTAX_PROBLEMS.items() if en in words), "写法不合 YAML 语法")
    near = text.splitlines()[max(0, mark.line - 1) : mark.line + 1] if mark is not None else []
    return error(
        "yaml-syntax",
        Place(file=shown, line=line),
        found=Text(f"{known}（{words}）", words),
        allowed=Text("“名称: 值”，下级缩进两个空格", "`name: value`, children indented by two spaces"),
        mend=_syntax_mend(near),
    )


def _syntax_mend(lines: Iterable[str]) -> Text:
    if any(mark in line for line in lines for mark in FULL_WIDTH):
        return Text(
            "把全角标点（：，“”等）换成半角", "replace full-width punctuation such as ： by half-width"
        )
    return Text(
        "检查这一行和上一行的缩进、冒号、引号和括号", "check indents, colons, quotes and brackets here"
    )


def _not_a_mapping(shown: Path, root: yaml.Node, text: str) -> Finding:
    kind = (
        Text("一个列表", "a list")
        if isinstance(root, yaml.SequenceNode)
        else Text("一段文字", "one piece of text")
    )
    return error(
        "not-a-mapping",
        Place(file=shown, line=root.start_mark.line + 1),
        found=Text(f"文件内容是{kind.zh}", f"the file holds {kind.en}"),
        allowed=Text("“名称: 值”形式的内容", "entries of the form `name: value`"),
        mend=_syntax_mend(text.splitlines()),
    )


# --- the data -----------------------------------------------------------------------------------------


class _Builder:
    """Builds plain data from composed nodes; collects places and findings on the way."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.places: dict[YamlPath, Place] = {}
        self.findings: list[Finding] = []
        self._node_count = 0

    def build(self, node: yaml.Node, path: YamlPath) -> Any:
        """Return the data of ``node`` and note its place.

        Raises:
            InputError: aliases unfold to too much, or nesting is too deep (an alias inside itself).
        """
        place = self.place(node, path)
        self.places.setdefault(path, place)
        self._node_count += 1
        if self._node_count > LARGEST_NODE_COUNT:
            raise InputError([_unfolds_to_too_much(place)])
        if len(path) > DEEPEST_NESTING:
            raise InputError([_too_deep(Place(file=place.file, line=place.line))])
        if isinstance(node, yaml.MappingNode) and node.tag == f"{TAG}map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{TAG}seq":
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, place)

    def place(self, node: yaml.Node, path: YamlPath) -> Place:
        """Return the place of a node."""
        return Place(file=self.file, line=node.start_mark.line + 1, yaml_path=dotted(path))

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _to_text(key_node.value) if isinstance(key_node, yaml.ScalarNode) else None
            if key is None or key_node.tag == f"{TAG}merge":
                self.findings.append(_unsuitable_key(self.place(key_node, path)))
                continue
            here = (*path, key)
            place = self.place(key_node, here)
            if key in data:
                self.findings.append(_repeated_key(key, place, self.places[here]))
                continue
            self.places[here] = place
            data[key] = self.build(value_node, here)
        return data

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        convert = SCALARS.get(node.tag) if isinstance(node, yaml.ScalarNode) else None
        if convert is None:
            self.findings.append(_unsuitable_tag(node.tag, place))
            return None
        try:
            return convert(node.value)
        except ValueError:
            return node.value


def _to_text(text: str) -> str:
    """Return text that can be written out: a lone surrogate becomes ``?``."""
    return text.encode(errors="replace").decode()


def _to_integer(text: str) -> int:
    """Read an integer; text with a leading zero, such as a code, raises ValueError and stays text."""
    if not re.fullmatch(r"[-+]?(0|[1-9][0-9_]*)", text):
        raise ValueError(text)
    return int(text.replace("_", ""))


def _to_number(text: str) -> float:
    return float(text.lower().replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))


SCALARS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(TEXT_TAGS, _to_text),
    f"{TAG}int": _to_integer,
    f"{TAG}float": _to_number,
    f"{TAG}bool": lambda text: text.lower() in ("yes", "true", "on"),
    f"{TAG}null": lambda text: None,
}


def _unfolds_to_too_much(place: Place) -> Finding:
    return error(
        "yaml-too-much",
        place,
        found=Text(
            f"引用（&、*）展开后超过 {LARGEST_NODE_COUNT:,} 项",
            f"with its aliases (&, *) unfolded the file has more than {LARGEST_NODE_COUNT:,} entries",
        ),
        allowed=Text(f"最多 {LARGEST_NODE_COUNT:,} 项", f"at most {LARGEST_NODE_COUNT:,} entries"),
        mend=Text("去掉嵌套的引用，直接写出内容", "write the content out instead of nesting aliases"),
    )


def _too_deep(place: Place) -> Finding:
    return error(
        "yaml-too-deep",
        place,
        found=Text(
            "嵌套过深，或引用（*）包含了自身", "it is nested too deeply, or an alias (*) holds itself"
        ),
        allowed=Text(f"最多 {DEEPEST_NESTING} 层", f"at most {DEEPEST_NESTING} levels"),
        mend=Text("检查括号和引用", "check the brackets and the aliases"),
    )


def _repeated_key(key: str, place: Place, first: Place) -> Finding:
    return error(
        "repeated-key",
        place,
        found=Text(
            f"“{key}”写了两次，第一次在第 {first.line} 行", f"`{key}` again; first on line {first.line}"
        ),
        allowed=Text("每个名称只写一次", "each name once"),
        mend=Text("合并成一处，或删去一处", "join the two, or delete one"),
    )


def _unsuitable_key(place: Place) -> Finding:
    return error(
        "unsuitable-key",
        place,
        found=Text("名称不是文字或年份（或用了 <<）", "a name that is neither text nor a year (or is <<)"),
        allowed=Text("文字或年份作名称", "text or a year as a name"),
        mend=Text("直接写出内容；沿用其他文件用 extends", "write it out; build on other files by `extends`"),
    )


def _unsuitable_tag(tag: str, place: Place) -> Finding:
    return error(
        "unsuitable-tag",
        place,
        found=Text(f"类型标记 {tag}", f"the type tag {tag}"),
        allowed=Text("文字、数字、是/否、列表", "text, numbers, true or false, lists"),
        mend=Text("删去以 ! 开头的标记", "delete the tag that starts with !"),
    )
