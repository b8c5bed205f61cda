"""Why a plan is as it is: communities, sites and functions, and what another choice would cost."""

from siteplan.explain.community import explain_community, explain_function
from siteplan.explain.site import explain_site
from siteplan.explain.what_if import Question

__all__ = ["Question", "explain_community", "explain_function", "explain_site"]
