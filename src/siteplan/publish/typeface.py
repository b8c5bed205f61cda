"""The Chinese typeface that comes with siteplan, for machines without one: of pictures, and of the map."""

from __future__ import annotations

from pathlib import Path

import pylopdf_fonts_zh_cn

SANS_FILE = Path(str(pylopdf_fonts_zh_cn.sans_path()))
"""Noto Sans SC, regular."""
SANS_LICENCE = "Noto Sans SC (subset), © Adobe / Google, SIL Open Font License 1.1"
