"""Makes `layouts/print/fonts`: the fonts of `assets/fonts` as Typst reads them, whole files of one weight each.

Build-time only, needs `fonttools[woff]`:

    python tools/make_print_fonts.py

A browser fetches slices of variable fonts; Typst reads neither woff2 nor slices.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ROOT = Path(__file__).parents[1]
MADE = (
    ("inter-*normal.woff2", 400, "Inter-Regular.ttf"),
    ("inter-*normal.woff2", 650, "Inter-SemiBold.ttf"),
    ("noto-*.woff2", 400, "NotoSansSC-Regular.ttf"),
)
DROPPED = ("GSUB", "GPOS", "GDEF", "STAT", "vhea", "vmtx", "VORG")
"""Tables that slices cannot share."""


def whole(pattern: str, weight: int, out: Path) -> None:
    """One file of all slices, at that weight."""
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for place, slice in enumerate(sorted((ROOT / "assets" / "fonts").glob(pattern))):
            font = instantiateVariableFont(TTFont(slice), {"wght": weight}, inplace=True)
            for table in DROPPED:
                if table in font:
                    del font[table]
            font.flavor = None
            parts.append(str(Path(folder, f"{place}.ttf")))
            font.save(parts[-1])
        Merger().merge(parts).save(out)


if __name__ == "__main__":
    for pattern, weight, name in MADE:
        whole(pattern, weight, ROOT / "layouts" / "print" / "fonts" / name)
