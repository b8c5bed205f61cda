"""The results for people from the command line: their sources, with its language and words."""

from __future__ import annotations

from siteplan.cli.stages import Prepared
from siteplan.cli.wording import LEVEL_NAMES
from siteplan.plan import Plan
from siteplan.publish.readable import ReadableSources
from siteplan.text import Language


def readable_sources(prepared: Prepared, plan: Plan, language: Language) -> ReadableSources:
    """Return what the results for people are made from."""
    inputs = prepared.inputs
    return ReadableSources(
        plan=plan,
        problem=prepared.problem,
        case=inputs.case,
        policy=inputs.policy,
        scenario=inputs.loaded.scenario,
        network=inputs.network,
        access=prepared.access,
        level_names=LEVEL_NAMES,
        language=language,
    )
