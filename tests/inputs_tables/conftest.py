"""Fixtures of the table tests."""

from __future__ import annotations

import pytest

from siteplan.inputs.bundled import bundled_root
from siteplan.inputs.policy_files import load_policy
from siteplan.policy import Policy


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The shipped policy."""
    return load_policy(bundled_root() / "model")
