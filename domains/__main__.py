"""`python -m domains check [FILE...] [--site FOLDER]`: tries domain files and a site without starting anything."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from domains import load, read
from model import Domain, SpecError


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what was found and answers 0, or prints the first mistake with its file and field and answers 1."""
    parser = argparse.ArgumentParser(prog="python -m domains", description="Tries domain files and sites without starting anything.")
    parser.add_argument("command", choices=["check"])
    parser.add_argument("path", nargs="*", type=Path, help="a domain file, or a folder of them; without any, citydeck's own")
    parser.add_argument("--site", type=Path, metavar="FOLDER", help="a site's folder, with its own domains if it has any")
    asked = parser.parse_args(arguments)
    try:
        for line in report(asked.path, asked.site):
            print(line)
    except SpecError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def report(paths: Sequence[Path], site: Path | None) -> Iterable[str]:
    """A line for each thing that is right; raises SpecError at the first that is wrong."""
    for path in paths:
        if not path.exists():
            raise SpecError(str(path), "path", "does not exist")
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            yield f"{file}: {summary(read(file))}"
    if not paths or site:
        domains = load(site / "domains" if site else None)
        yield from (f"{key}: {summary(domain)}" for key, domain in domains.items())
        if site:
            yield from site_lines(site, domains)


def summary(domain: Domain) -> str:
    """What a domain declares, in one line."""
    counts = f"{len(domain.metrics)} metrics, {len(domain.kpis)} KPIs, {len(domain.rules)} rules"
    return f"{domain.label.en} / {domain.label.zh}, topic {domain.topic}, {counts}"


def site_lines(folder: Path, domains: Mapping[str, Domain]) -> Iterable[str]:
    """What a site declares."""
    from domains.site import load as load_site

    site = load_site(folder, domains)
    yield f"{folder}: {site.label.en} / {site.label.zh}, {len(site.areas)} areas, {len(site.screens)} screens"
    yield from (f"{folder}: {len(sensors)} sensors of {key}" for key, sensors in site.sensors.items())


if __name__ == "__main__":
    raise SystemExit(main())
