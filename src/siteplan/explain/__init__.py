"""Why a plan is as it is: communities, sites and functions, and what another choice would cost."""

from siteplan.explain.community import explain_community, explain_function
from siteplan.explain.new_space import NewSpace, middle_of, new_space
from siteplan.explain.prices import price_of_space, prices_of_money
from siteplan.explain.site import explain_site
from siteplan.explain.what_if import Question

__all__ = [
    "NewSpace",
    "Question",
    "explain_community",
    "explain_function",
    "explain_site",
    "middle_of",
    "new_space",
    "price_of_space",
    "prices_of_money",
]
