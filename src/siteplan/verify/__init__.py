"""Verification: everything a plan claims, recomputed from the raw inputs with code of its own.

Distances come from shapely and networkx, sums from plain Python; of the other stages only the readers of
`siteplan.inputs` are used. How near is near enough is in `siteplan.verify.tolerances`.
"""

from siteplan.verify.claims import ClaimResult, ClaimStatus, VerificationReport
from siteplan.verify.loading import verify_results
from siteplan.verify.verification import verify

__all__ = ["ClaimResult", "ClaimStatus", "VerificationReport", "verify", "verify_results"]
