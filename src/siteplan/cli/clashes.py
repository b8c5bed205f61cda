"""Where the rules of a conflict are stated: the scenario's file and line, or the row of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from siteplan.case import Case
from siteplan.findings import Place, YamlPath
from siteplan.problem import Problem
from siteplan.scenario import LoadedScenario, Scenario
from siteplan.solve import InfeasibleError
from siteplan.solve.rows import Keys
from siteplan.solve.rules import RULES
from siteplan.text import Language, Text


def located(clash: InfeasibleError, loaded: LoadedScenario, case: Case) -> InfeasibleError:
    """Return the error with the place of every rule and object in its text."""
    if clash.explained is None:
        return clash
    problem = clash.explained.problem
    projects = {project.project_id: project.place for project in case.projects}

    def place(rule: str, keys: Keys) -> Text | None:
        if rule in OF_PROJECTS and keys and keys[0] in projects:
            return _words(projects[keys[0]])
        stated_at = RULES[rule].stated_at
        if rule in PATHS and keys:
            return _words(loaded.place_of(PATHS[rule](loaded.scenario, keys, problem)))
        return None if stated_at is None else _words(loaded.place_of(stated_at))

    return InfeasibleError(clash.conflict, clash.explained.text(place), clash.explained)


def _words(place: Place) -> Text:
    return Text(place.describe(Language.ZH), place.describe(Language.EN))


OF_PROJECTS = frozenset({"committed_sites", "required_functions"})
"""Rules that the table of projects states."""


def _commitment(scenario: Scenario, keys: Keys, problem: Problem) -> YamlPath:
    return _entry("commit", (key for key, entry in scenario.commit.items() if entry.site == keys[0]))


def _prohibition(scenario: Scenario, keys: Keys, problem: Problem) -> YamlPath:
    return _entry("forbid", (key for key, entry in scenario.forbid.items() if entry.site == keys[0]))


def _requirement(scenario: Scenario, keys: Keys, problem: Problem) -> YamlPath:
    code, function = keys
    called = (code, problem.communities[code].name)
    entries = scenario.require.items()
    found = (key for key, each in entries if each.community in called and each.function == function)
    return _entry("require", found)


def _entry(part: str, found: Iterable[str]) -> YamlPath:
    """Return the path of the only entry that states what clashes; of the part where several do."""
    entries = list(found)
    return (part, *entries) if len(entries) == 1 else (part,)


PATHS: Mapping[str, Callable[[Scenario, Keys, Problem], YamlPath]] = {
    "source_amount": lambda scenario, keys, problem: (
        "budget",
        "sources",
        keys[0],
        "amounts_cny",
        int(keys[-1]),
    ),
    "committed_by_hand": _commitment,
    "forbidden_by_hand": _prohibition,
    "required_coverage": _requirement,
    "functions_per_community": lambda scenario, keys, problem: (
        "rules",
        "functions_per_community_at_least",
        int(keys[-1]),
    ),
    "coverage_per_town": lambda scenario, keys, problem: (
        "rules",
        "coverage_per_town_at_least",
        int(keys[-1]),
    ),
    "places_at_least": lambda scenario, keys, problem: ("rules", "places_at_least", keys[0], int(keys[-1])),
    "complex_places_at_least": lambda scenario, keys, problem: (
        "rules",
        "complex_places_at_least",
        keys[0],
    ),
    "coverage_floor": lambda scenario, keys, problem: ("rules", "coverage_at_least", keys[0], int(keys[-1])),
    "area_standard_floor": lambda scenario, keys, problem: (
        "rules",
        "area_standard_at_least_m2",
        int(keys[-1]),
    ),
    "elderly_area_standard_floor": lambda scenario, keys, problem: (
        "rules",
        "elderly_area_standard_at_least_m2",
        int(keys[-1]),
    ),
}
"""Rules whose objects the scenario states one by one."""
