"""Files of others that are shipped as they are: ``manifest.json`` says version, licence and SHA-256 of each.

``tools/renew_vendored.py`` renews them; a test compares the hashes.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def vendored_text(name: str) -> str:
    """Return the text of a shipped file."""
    return (FOLDER / name).read_text(encoding="utf-8")
