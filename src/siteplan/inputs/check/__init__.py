"""Checks of a case that was read without fault: what is wrong between its rows, and what looks suspicious."""

from __future__ import annotations

from siteplan.case import Case
from siteplan.findings import Finding
from siteplan.inputs.check.codes import check_codes, check_identifiers, check_scope
from siteplan.inputs.check.coordinates import check_coordinates
from siteplan.inputs.check.funding import check_funding
from siteplan.inputs.check.joint_programmes import check_joint_programmes
from siteplan.inputs.check.metric_crs import check_metric_crs
from siteplan.inputs.check.people import check_people
from siteplan.inputs.check.programmes import check_programmes
from siteplan.inputs.check.spaces import check_spaces
from siteplan.inputs.check.years import check_years
from siteplan.inputs.yaml_source import as_shown
from siteplan.policy import Policy
from siteplan.scenario import Scenario

__all__ = ["check_case"]


def check_case(case: Case, policy: Policy, scenario: Scenario | None = None) -> list[Finding]:
    """Return every error and warning about the rows of a case, by subject and then in file order.

    Without a scenario, what depends on its years is left out and the rule on the form of sites holds.
    Reach (who has no site within walking distance) is checked by `siteplan.reach.check_reach`.
    """
    return [
        *check_identifiers(case),
        *check_codes(case),
        *check_scope(case),
        *check_metric_crs(case.header, as_shown(case.folder / "case.yaml")),
        *check_coordinates(case),
        *check_people(case),
        *check_years(case),
        *check_spaces(case, policy, scenario),
        *check_programmes(case, policy, scenario),
        *check_funding(case, scenario),
        *check_joint_programmes(case, scenario),
    ]
