"""Where the model, the case and the scenarios that come with siteplan are."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def bundled_root() -> Path:
    """Return the folder that holds the bundled ``model/``, ``data/`` and ``scenarios/``.

    In an installed wheel it is ``siteplan/bundled``, in a checkout the root of the repository.
    """
    inside_wheel = PACKAGE / "bundled"
    return inside_wheel if inside_wheel.is_dir() else PACKAGE.parents[1]
