"""A subset of Noto Sans SC with just the characters of a page, for machines without a Chinese font."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable

import pylopdf_fonts_zh_cn
from fontTools import subset

LICENCE = "Noto Sans SC (subset), © Adobe / Google, SIL Open Font License 1.1"
FAMILY = "Siteplan CJK"


def font_face(characters: Iterable[str]) -> str:
    """Return a CSS rule with the font embedded.

    Characters that it lacks are left to the reader's machine.
    """
    options = subset.Options()
    options.flavor = "woff"
    options.name_IDs = ["*"]
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    font = subset.load_font(str(pylopdf_fonts_zh_cn.sans_path()), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=sorted({ord(character) for character in characters}))
    subsetter.subset(font)
    buffer = io.BytesIO()
    subset.save_font(font, buffer, options)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'@font-face{{font-family:"{FAMILY}";src:url(data:font/woff;base64,{encoded}) format("woff")}}\n'
