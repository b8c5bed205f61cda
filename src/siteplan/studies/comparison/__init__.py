"""Plans side by side: what they were made from, what they achieve, and who gains and loses."""

from siteplan.studies.comparison.compare import compare_plans
from siteplan.studies.comparison.document import Comparison
from siteplan.studies.comparison.sources import ComparedPlan, CompareError, Names, from_folder, labels_of

__all__ = [
    "CompareError",
    "ComparedPlan",
    "Comparison",
    "Names",
    "compare_plans",
    "from_folder",
    "labels_of",
]
