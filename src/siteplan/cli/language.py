"""The language of a run: ``--lang`` anywhere on the command line, else SITEPLAN_LANG, else Chinese.

Help texts are written as ``bilingual("中文", "English")``, one string with both; `localise` leaves the
chosen language. The choice is read from the command line before it is parsed, so that help texts and
usage errors follow it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from siteplan.text import Language

ENVIRONMENT_VARIABLE = "SITEPLAN_LANG"
DIVIDER = " ‖ "
"""Stands between the Chinese and the English half of a help text."""


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
    for subcommand in getattr(command, "commands", {}).values():
        localise(subcommand, language)
