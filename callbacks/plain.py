"""Text from elsewhere, as it may be kept: no control characters, no tricks with the direction of writing, not longer than agreed."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
"""Controls but for tab and line feed, overrides of the writing direction, halves of a pair: a database may refuse them, or a reader be
misled.
"""


def plain(text: str, longest: int) -> str:
    """`text` without what is unwanted, trimmed, cut to `longest` letters."""
    kept = UNWANTED.sub("", text).strip()
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"


def link(text: str) -> str:
    """An address that a browser may be sent to, else nothing: only http and https, of at most 2,000 letters."""
    address = plain(text, 2001)
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    safe = parts.scheme in ("http", "https") and parts.netloc and len(address) <= 2000 and not re.search(r"\s", address)
    return address if safe else ""
