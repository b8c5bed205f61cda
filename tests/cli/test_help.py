"""Help texts, languages, version and usage errors."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest
from tests.cli.conftest import Siteplan

from siteplan.cli.language import chosen_language
from siteplan.text import Language

COMMANDS = (
    "init",
    "check",
    "solve",
    "verify",
    "explain",
    "prices",
    "futures",
    "sweep",
    "province",
    "export",
    "plot",
    "assumptions",
    "roads",
    "bench",
)


def test_help_names_every_command(siteplan: Siteplan) -> None:
    """The help of ``siteplan`` lists every command, and what to do first."""
    call = siteplan("--help")
    assert call.code == 0
    assert all(command in call.out for command in COMMANDS)
    assert "siteplan init my-county" in call.out


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_help_is_in_one_language(siteplan: Siteplan, command: str, lang: str) -> None:
    """The help of a command speaks the language asked for, without the other half of its texts."""
    call = siteplan(command, "--help", lang=lang)
    assert call.code == 0
    assert "‖" not in call.out
    has_chinese = any("\u4e00" <= character <= "\u9fff" for character in call.out)
    assert has_chinese == (lang == "zh")


@pytest.mark.parametrize(
    "command",
    [
        "init",
        "check",
        "solve",
        "verify",
        "explain",
        "prices",
        "futures",
        "sweep",
        "province",
        "export",
        "plot",
        "assumptions",
    ],
)
def test_help_teaches_by_example(siteplan: Siteplan, command: str) -> None:
    """The help of every command shows a line that can be copied."""
    assert f"Example: siteplan {command} " in siteplan(command, "--help").out


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, Language.ZH),
        ([], {"SITEPLAN_LANG": "en"}, Language.EN),
        (["--lang", "en", "check", "x"], {}, Language.EN),
        (["check", "x", "--lang=en"], {}, Language.EN),
        (["--lang", "en", "check", "x", "--lang", "zh"], {}, Language.ZH),
        (["check", "x"], {"SITEPLAN_LANG": "klingon"}, Language.ZH),
        (["check", "x", "--lang"], {"SITEPLAN_LANG": "en"}, Language.EN),
    ],
)
def test_choice_of_language(arguments: list[str], environment: dict[str, str], language: Language) -> None:
    """The last ``--lang`` wins over the environment, which wins over Chinese; nonsense is ignored."""
    assert chosen_language(arguments, environment) is language


def test_version(siteplan: Siteplan) -> None:
    """``--version`` prints the version of the installed package."""
    assert siteplan("--version").out == f"siteplan {version('siteplan')}\n"


def test_python_dash_m() -> None:
    """``python -m siteplan`` is the same command."""
    ended = subprocess.run(
        [sys.executable, "-m", "siteplan", "--version"], capture_output=True, text=True, check=True
    )
    assert ended.stdout == f"siteplan {version('siteplan')}\n"


def test_no_arguments_is_no_reproach(siteplan: Siteplan) -> None:
    """Without arguments the help is shown, not a usage error that says nothing."""
    assert "usage error" not in siteplan().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("solve",),
        ("solve", "x.yaml", "--frobnicate"),
        ("solve", "x.yaml", "--time-limit", "14.9"),
        ("solve", "x.yaml", "--time-limit", "inf"),
        ("solve", "x.yaml", "--effort", "0"),
        ("solve", "x.yaml", "--gap", "-1"),
        ("--lang", "fr", "check", "x.yaml"),
        ("explain", "results/none"),
    ],
)
def test_usage_errors(siteplan: Siteplan, arguments: tuple[str, ...]) -> None:
    """A wrong command, option or value ends with exit code 2 and says where the help is."""
    call = siteplan(*arguments)
    assert call.code == 2
    assert "usage error" in call.err
    assert "--help" in call.err
    assert call.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("frobnicate",), "没有命令 frobnicate"),
        (("solve",), "缺少参数 SCENARIO"),
        (("solve", "x.yaml", "--frobnicate"), "没有选项 --frobnicate"),
        (("solve", "x.yaml", "--outpt", "y"), "是否是 --output"),
        (("solve", "x.yaml", "y.yaml"), "多余的参数：y.yaml"),
        (("solve", "x.yaml", "--time-limit", "2"), "--time-limit 不能小于 15"),
        (("solve", "x.yaml", "--effort", "much"), "--effort 要写数"),
        (("solve", "x.yaml", "--output"), "选项 --output 后面要写值"),
    ],
)
def test_usage_errors_in_chinese(siteplan: Siteplan, arguments: tuple[str, ...], words: str) -> None:
    """What is wrong with a command line is said in Chinese throughout."""
    err = siteplan(*arguments, lang="zh").err
    assert words in err
    assert "用法有误" in err


def test_help_is_chinese_throughout_and_not_cut_off(siteplan: Siteplan) -> None:
    """Headings and the help option are translated; no explanation ends in an ellipsis."""
    page = siteplan("solve", "--help", lang="zh").out
    assert all(words in page for words in ("用法：", "参数", "选项", "必填", "显示本说明后退出"))
    assert not any(words in page for words in ("Usage", "Options", "required", "Show this", "…"))
    assert "Options" in siteplan("solve", "--help", lang="en").out


def test_language_may_stand_before_the_command_of_a_group(siteplan: Siteplan) -> None:
    """``siteplan roads --lang en info FILE`` is no mistake."""
    assert "there is no such road file" in siteplan("roads", "--lang", "en", "info", "none.osm").err
