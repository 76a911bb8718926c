"""`python -m domains check [FILE...] [--site FOLDER]`: tries domain files and a site without starting anything."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from domains import load, read
from domains.city import read as read_city
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
        yield from city_lines(site) if site else domain_lines(load())


def summary(domain: Domain) -> str:
    """What a domain declares, in one line."""
    counts = f"{len(domain.metrics)} metrics, {len(domain.kpis)} KPIs, {len(domain.rules)} rules"
    return f"{domain.label.en} / {domain.label.zh}, topic {domain.topic}, {counts}"


def domain_lines(domains: Mapping[str, Domain]) -> Iterable[str]:
    """A line for each domain."""
    return (f"{key}: {summary(domain)}" for key, domain in domains.items())


def city_lines(folder: Path) -> Iterable[str]:
    """What a city declares: its domains, then its site."""
    domains, site = read_city(folder)
    yield from domain_lines(domains)
    yield f"{folder}: {site.label.en} / {site.label.zh}, {len(site.areas)} areas, {len(site.screens)} screens"
    yield from (f"{folder}: {len(sensors)} sensors of {key}" for key, sensors in site.sensors.items())


if __name__ == "__main__":
    raise SystemExit(main())
