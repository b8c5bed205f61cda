"""Opening costs that the tables state, under the scenario's scale of capital costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from siteplan.case import Case
from siteplan.problem import Site
from siteplan.scenario import Scenario


def with_scaled_costs(sites: Mapping[str, Site], case: Case, scenario: Scenario) -> dict[str, Site]:
    """Return the sites with the opening costs of the tables times ``costs.capital_scale``.

    The unit costs of the policy are scaled where the policy is read.
    """
    stated = {row.site_id for row in case.sites if row.opening_cost_cny is not None}
    stated |= {row.project_id for row in case.projects}
    scale = scenario.costs.capital_scale
    return {
        key: replace(site, opening_cost_cny=scale * site.opening_cost_cny) if key in stated else site
        for key, site in sites.items()
    }
