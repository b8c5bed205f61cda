"""The results for people from the command line: their sources, with its language and words."""

from __future__ import annotations

from siteplan.cli.stages import Prepared
from siteplan.cli.wording import LEVEL_NAMES
from siteplan.plan import Plan
from siteplan.publish import Output
from siteplan.publish.readable import ReadableSources, readable_outputs
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


def every_output(prepared: Prepared, plan: Plan, deadline: float, language: Language) -> tuple[Output, ...]:
    """Return the results for people as outputs of a run that ends at ``deadline`` (`time.monotonic`)."""
    return readable_outputs(readable_sources(prepared, plan, language), deadline)
