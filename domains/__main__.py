"""`python -m domains check [PATH...]`: tries domain files and a site without starting anything."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from domains import load, read
from domains.city import read as read_city
from model import Domain, Sensor, Site, SpecError

FAR = 1.0
"""Degrees outside the site's extent beyond which a sensor's place is likely a slip of the pen."""
NAMED = 5
"""Sensors that one warning names."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what was found and answers 0, or prints the first mistake with its file and field and answers 1."""
    parser = argparse.ArgumentParser(prog="python -m domains", description="Tries domain files and sites without starting anything.")
    parser.add_argument("command", choices=["check"])
    parser.add_argument(
        "path",
        nargs="*",
        type=Path,
        help="a domain file, a folder of them, or a site's folder (with site.toml); without any, CITYDECK_SITE, else citydeck's own",
    )
    asked = parser.parse_args(arguments)
    site = os.environ.get("CITYDECK_SITE", "").strip()
    try:
        for line in report(asked.path or ([Path(site)] if site else [])):
            print(line)
    except SpecError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def report(paths: Sequence[Path]) -> Iterable[str]:
    """A line for each thing that is right; raises SpecError at the first that is wrong. Without paths, citydeck's own domains."""
    if not paths:
        yield from domain_lines(load())
    for path in paths:
        if (path / "site.toml").exists():
            yield from city_lines(path)
        else:
            yield from (f"{file}: {summary(read(file))}" for file in files(path))


def files(path: Path) -> Sequence[Path]:
    """The domain files that `path` means. Raises SpecError when there are none."""
    if not path.exists():
        raise SpecError(str(path), "path", "does not exist")
    found = sorted(path.glob("*.py")) if path.is_dir() else [path]
    if not found:
        raise SpecError(str(path), "path", "holds neither site.toml nor a domain file")
    return found


def summary(domain: Domain) -> str:
    """What a domain declares, in one line."""
    counts = (counted(domain.metrics, "metric"), counted(domain.kpis, "KPI"), counted(domain.rules, "rule"))
    return f"{domain.label.en} / {domain.label.zh}, topic {domain.topic}, {', '.join(counts)}"


def counted(things: Sequence[object], name: str) -> str:
    """How many of what."""
    return f"{len(things)} {name}" if len(things) == 1 else f"{len(things)} {name}s"


def domain_lines(domains: Mapping[str, Domain]) -> Iterable[str]:
    """A line for each domain."""
    return (f"{key}: {summary(domain)}" for key, domain in domains.items())


def city_lines(folder: Path) -> Iterable[str]:
    """What a city declares: its domains, then its site."""
    domains, site = read_city(folder)
    yield from domain_lines(domains)
    yield f"{folder}: {site.label.en} / {site.label.zh}, {counted(site.areas, 'area')}, {counted(site.screens, 'screen')}"
    yield from (f"{folder}: {counted(sensors, 'sensor')} of {key}" for key, sensors in site.sensors.items())
    for key, sensors in site.sensors.items():
        if far := [sensor.id for sensor in sensors if outside(site, sensor)]:
            more = f" and {len(far) - NAMED} more" if len(far) > NAMED else ""
            yield f"{folder}: WARNING: more than a degree outside the extent: {', '.join(far[:NAMED])}{more} (sensors/{key}.csv)"


def outside(site: Site, sensor: Sensor) -> bool:
    """Whether the sensor stands so far from the extent that its place should be looked at again."""
    west, south, east, north = site.extent
    return max(west - sensor.lon, sensor.lon - east, south - sensor.lat, sensor.lat - north) > FAR


if __name__ == "__main__":
    raise SystemExit(main())
