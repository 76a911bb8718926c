"""Makes `assets/fonts`: Inter and Noto Sans SC as small woff2 files, their licences, and the style sheet that names them.

Build-time only, needs npm:

    python tools/make_fonts.py --out assets/fonts

A browser fetches only the files whose characters a page shows. Of Noto Sans SC those are kept that hold a character of GB 2312
(6,763 Chinese characters, of which the package itself lacks 33 rare ones: a browser takes those from the system) or one of SYMBOLS
that Inter lacks. Both are variable fonts: one file is every weight.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

INTER, NOTO = "@fontsource-variable/inter@5.3.0", "@fontsource-variable/noto-sans-sc@5.3.1"
SYMBOLS = "₀₁₂₃←→≥≤≈‰℃℉①②③④⑤、。《》「」（），：；！？％～—…“”‘’▲▼●■◆"
"""Beyond Latin and Greek: subscripts of PM₂.₅ and O₃, comparisons, units, Chinese punctuation."""

RULE = re.compile(r"src: url\(\./files/(?P<file>[^)]+)\).*?unicode-range: (?P<range>[^;]+);", re.DOTALL)
FACE = """@font-face {{
  font-family: "{family}";
  font-style: {style};
  font-display: block;
  font-weight: 100 900;
  src: url({file}) format("woff2");
  unicode-range: {range};
}}
"""
HEAD = """/* Made by tools/make_fonts.py: Inter and Noto Sans SC, SIL Open Font License 1.1 (texts beside this file).
   Nothing here leaves the server. A wall never shows one font and swaps to another: font-display is block.
   "Inter Italic" is the italic under a name of its own, for canvas text that can name a family and no style. */
"""


def unpacked(package: str, folder: Path) -> Path:
    """The folder of one npm package, fetched into `folder`."""
    packed = subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True)
    into = folder / package.replace("/", "-")
    with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
        archive.extractall(into, filter="data")
    return into / "package"


def faces(css: Path) -> Iterator[tuple[str, str]]:
    """(file, unicode-range) of each rule of a style sheet."""
    for rule in RULE.finditer(css.read_text(encoding="utf-8")):
        yield rule["file"], rule["range"]


def points(ranges: str) -> set[int]:
    """The code points of a unicode-range such as `U+0-ff,U+2212`."""
    pairs = [part.strip()[2:].split("-") for part in ranges.split(",")]
    return {point for pair in pairs for point in range(int(pair[0], 16), int(pair[-1], 16) + 1)}


def gb2312() -> set[int]:
    """The Chinese characters of GB 2312: level 1 in rows 16 to 55, level 2 in rows 56 to 87, 94 to a row but for row 55's last five."""
    codes = (bytes([0xA0 + row, 0xA0 + cell]) for row in range(16, 88) for cell in range(1, 95))
    return {ord(letter) for code in codes for letter in code.decode("gb2312", "ignore")}


def kept_inter(package: Path) -> Iterator[tuple[str, str, str, str]]:
    """(family, style, file, range) of upright Latin, extended Latin and Greek, and of italic Latin under both its names."""
    for file, ranges in faces(package / "wght.css"):
        if re.fullmatch(r"inter-(latin|latin-ext|greek)-wght-normal\.woff2", file):
            yield "Inter", "normal", file, ranges
    for file, ranges in faces(package / "wght-italic.css"):
        if file == "inter-latin-wght-italic.woff2":
            yield "Inter", "italic", file, ranges
            yield "Inter Italic", "normal", file, ranges


def kept_noto(package: Path) -> Iterator[tuple[str, str, str, str]]:
    """(family, style, file, range) of the subsets that are needed, without Inter's own Latin."""
    needed = gb2312() | {ord(letter) for letter in SYMBOLS}
    for file, ranges in faces(package / "wght.css"):
        if re.fullmatch(r"noto-sans-sc-\d+-wght-normal\.woff2", file) and points(ranges) & needed:
            yield "Noto Sans SC", "normal", file, ranges


def make(out: Path) -> None:
    """Writes the folder anew."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.woff2"):
        old.unlink()
    rules = [HEAD]
    with tempfile.TemporaryDirectory() as scratch:
        for name, spec, kept in (("Inter", INTER, kept_inter), ("Noto-Sans-SC", NOTO, kept_noto)):
            package = unpacked(spec, Path(scratch))
            (out / f"OFL-{name}.txt").write_bytes((package / "LICENSE").read_bytes())
            for family, style, file, ranges in kept(package):
                (out / file).write_bytes((package / "files" / file).read_bytes())
                rules.append(FACE.format(family=family, style=style, file=file, range=ranges))
    (out / "fonts.css").write_text("".join(rules), encoding="utf-8")
    files = list(out.iterdir())
    print(f"{out}: {len(files)} files, {sum(file.stat().st_size for file in files):,} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    make(parser.parse_args().out)
