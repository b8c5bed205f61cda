"""A subset of Noto Sans SC with just the characters of a page, for machines without a Chinese font."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable

from fontTools import subset

from siteplan.publish.typeface import SANS_FILE

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
    font = subset.load_font(str(SANS_FILE), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=sorted({ord(character) for character in characters}))
    subsetter.subset(font)
    buffer = io.BytesIO()
    subset.save_font(font, buffer, options)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'@font-face{{font-family:"{FAMILY}";src:url(data:font/woff;base64,{encoded}) format("woff")}}\n'
