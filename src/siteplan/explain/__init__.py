"""Why a plan is as it is: communities, sites and functions, and what another choice would cost."""

from siteplan.explain.community import explain_community, explain_function
from siteplan.explain.new_space import NewSpace, middle_of, new_space
from siteplan.explain.prices import price_of_space, prices_of_money
from siteplan.explain.road_coverage import Terrain
from siteplan.explain.shortfall_words import words_of_missed_target, words_of_sums
from siteplan.explain.shortfalls import explain_shortfalls, missed_targets
from siteplan.explain.site import explain_site, reasons_of_sites
from siteplan.explain.space_remedies import Ground, ground_of
from siteplan.explain.what_if import Question
from siteplan.explain.white_spots import Wanted, find_white_spots

__all__ = [
    "Ground",
    "NewSpace",
    "Question",
    "Terrain",
    "Wanted",
    "explain_community",
    "explain_function",
    "explain_shortfalls",
    "explain_site",
    "find_white_spots",
    "ground_of",
    "middle_of",
    "missed_targets",
    "new_space",
    "price_of_space",
    "prices_of_money",
    "reasons_of_sites",
    "words_of_missed_target",
    "words_of_sums",
]
