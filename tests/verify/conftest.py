"""The tiny consistent plan, made once."""

from __future__ import annotations

import pytest
from tests.verify.world import World, tiny_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The tiny plan with its inputs, consistent throughout; tests change copies of its files."""
    return tiny_world(tmp_path_factory.mktemp("tiny"))
