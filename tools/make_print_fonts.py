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
    ("noto-*.woff2", 650, "NotoSansSC-SemiBold.ttf"),
)
FIGURES = (
    ("inter-latin-wght-normal.woff2", 400, "InterFigures-Regular.ttf"),
    ("inter-latin-wght-normal.woff2", 650, "InterFigures-SemiBold.ttf"),
)
"""One slice with its features, digits of one width among them: what columns of numbers are set in."""
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


def figures(slice: str, weight: int, out: Path) -> None:
    """One slice at that weight, whole, under the name `Inter Figures`."""
    font = instantiateVariableFont(TTFont(ROOT / "assets" / "fonts" / slice), {"wght": weight}, inplace=True)
    for record in font["name"].names:
        if record.nameID in (1, 16):
            record.string = "Inter Figures"
    font["OS/2"].usWeightClass = weight
    font.flavor = None
    font.save(out)


if __name__ == "__main__":
    for pattern, weight, name in MADE:
        whole(pattern, weight, ROOT / "layouts" / "print" / "fonts" / name)
    for slice, weight, name in FIGURES:
        figures(slice, weight, ROOT / "layouts" / "print" / "fonts" / name)
