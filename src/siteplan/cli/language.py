"""The language of a run: ``--lang`` anywhere on the command line, else SITEPLAN_LANG, else Chinese.

Help texts are written as ``bilingual("中文", "English")``, one string with both; `localise` leaves the
chosen language. The choice is read from the command line before it is parsed, so that help texts and
usage errors follow it too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from typer import rich_utils

from siteplan.text import Language

ENVIRONMENT_VARIABLE = "SITEPLAN_LANG"
DIVIDER = " ‖ "
"""Stands between the Chinese and the English half of a help text."""


BREAK_AFTER = re.compile(r"([，；：。])(?=\S)")
"""Where a Chinese help text may break: Rich breaks at spaces only."""
PANELS = {
    "ARGUMENTS_PANEL_TITLE": ("参数", "Arguments"),
    "OPTIONS_PANEL_TITLE": ("选项", "Options"),
    "COMMANDS_PANEL_TITLE": ("命令", "Commands"),
    "REQUIRED_LONG_STRING": ("[必填]", "[required]"),
}
"""Typer's headings on a help page, in Chinese and English."""
USAGE_MESSAGES = [
    (re.compile(pattern, re.DOTALL), chinese)
    for pattern, chinese in (
        (r"No such option: (\S+) Did you mean (.+)\?", "没有选项 {0}；是否是 {1}？"),
        (r"No such option: (\S+) \(Possible options: (.+)\)", "没有选项 {0}；是否是 {1} 之一？"),
        (r"No such option: (\S+)", "没有选项 {0}"),
        (r"No such command '(.+?)'\. Did you mean (.+)\?", "没有命令 {0}；是否是 {1}？"),
        (r"No such command '(.+?)'\.", "没有命令 {0}"),
        (r"Missing argument '(.+)'\.", "缺少参数 {0}"),
        (r"Missing option '(.+)'\.", "缺少选项 {0}"),
        (r"Missing command\.", "缺少命令"),
        (r"Option '(.+)' requires an argument\.", "选项 {0} 后面要写值"),
        (r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)", "多余的参数：{0}"),
        (
            r"Invalid value for '(.+?)': (?:Value error, )?'(.+?)' is not one of (.+)\.",
            "{0} 不能是 {1}，只能是 {2}",
        ),
        (r"Invalid value for '(.+?)': Input should be a valid number.*", "{0} 要写数"),
        (r"Invalid value for '(.+?)': Input should be a valid integer.*", "{0} 要写整数"),
        (r"Invalid value for '(.+?)': Input should be less than or equal to (\S+)", "{0} 不能大于 {1}"),
        (r"Invalid value for '(.+?)': Input should be greater than or equal to (\S+)", "{0} 不能小于 {1}"),
        (r"Invalid value for '(.+?)': (.+)", "{0} 的值不对：{1}"),
        (r"Invalid value: (.+)", "{0}"),
    )
]
"""Typer's messages about a wrong command line, and what they say in Chinese."""


def bilingual(zh: str, en: str) -> str:
    """Return one help text with both languages, to be split by `localise`."""
    return f"{zh}{DIVIDER}{en}"


def in_language(words: str, language: Language) -> str:
    """Return the half of a bilingual text in ``language``; a text without two halves as it is."""
    zh, divider, en = words.partition(DIVIDER)
    if not divider:
        return words
    return zh if language is Language.ZH else en


def chosen_language(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Return the language asked for: the last ``--lang``, else the environment's, else Chinese.

    A value that is no language is ignored here; the option itself refuses it.
    """
    asked = [environment.get(ENVIRONMENT_VARIABLE, "")]
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments):
            asked.append(arguments[position + 1])
        elif argument.startswith("--lang="):
            asked.append(argument.removeprefix("--lang="))
    known = [Language(word.lower()) for word in asked if word.lower() in set(Language)]
    return known[-1] if known else Language.ZH


def localise(command: Any, language: Language) -> None:
    """Leave only ``language`` in the help texts of a Typer command, its options and its sub-commands."""
    for attribute in ("help", "short_help", "epilog"):
        words = getattr(command, attribute, None)
        if words:
            setattr(command, attribute, in_language(words, language))
    for parameter in command.params:
        words = getattr(parameter, "help", None)
        if words:
            parameter.help = in_language(words, language)
            if language is Language.ZH:
                parameter.help = BREAK_AFTER.sub(r"\1 ", parameter.help)
    if language is Language.ZH:
        _in_chinese(command)
    for name, (chinese, english) in PANELS.items():
        setattr(rich_utils, name, chinese if language is Language.ZH else english)
    for subcommand in getattr(command, "commands", {}).values():
        localise(subcommand, language)


def _in_chinese(command: Any) -> None:
    """Put Typer's own words on a help page into Chinese."""
    help_option, usage = command.get_help_option, command.get_usage

    def chinese_help_option(context: Any) -> Any:
        option = help_option(context)
        if option is not None:
            option.help = "显示本说明后退出。"
        return option

    command.get_help_option = chinese_help_option
    command.get_usage = lambda context: usage(context).replace("Usage: ", "用法：", 1)


def usage_message(message: str, language: Language) -> str:
    """Return Typer's message about a wrong command line in a language; one that isn't known as it is."""
    if language is Language.EN:
        return message
    for pattern, chinese in USAGE_MESSAGES:
        if found := pattern.fullmatch(message.strip()):
            return chinese.format(*found.groups())
    return message
