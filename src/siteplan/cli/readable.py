"""The results for people from the command line: their sources, with its language and words."""

from __future__ import annotations

from siteplan.cli.session import Session
from siteplan.cli.stages import FurtherOutputs, Prepared
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


def every_output(session: Session) -> FurtherOutputs:
    """Return what makes the results for people in the session's language."""

    def outputs(prepared: Prepared, plan: Plan, deadline: float) -> tuple[Output, ...]:
        return readable_outputs(readable_sources(prepared, plan, session.language), deadline)

    return outputs
