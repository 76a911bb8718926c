"""What a report costs: `python -m bench.report`.

The day of `bench.history` (10,000 sensors x 1,440 minutes x 3 metrics, merged and rolled up) becomes facts, a revision and a PDF, in a
process of its own, whose time by the wall and greatest memory are told. The day before and the week before have no data, as of a city that
began that day; of a city that has them their figures are kept. `--sensors` makes it smaller.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from bench.history import DAY, METRICS, PARTITIONS, ZONE, write_day
from bench.machine import machine
from domains import city
from layouts.print import document
from model import Domain, Site
from model.report import Brand
from store.archive import Archive
from store.database import connect, migrate
from store.day import begin
from store.feed_hour import FeedHours
from store.health import Health
from store.merge import Kept, Merger
from store.report import Reports
from store.shelf import Shelf
from store.whole_day import Days
from streams.report.compose import Sources, make
from tests.project import ROOT


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sensors", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="made of a folder that is there; what the bench calls itself with")
    asked = parser.parse_args()
    if asked.folder:
        report(asked.folder)
        return
    print(machine(), f"load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), asked.sensors)
        for _ in range(3):
            subprocess.run([sys.executable, "-m", "bench.report", "--folder", folder], check=True)


def fill(folder: Path, sensors: int) -> None:
    """The day, as a history process leaves it."""
    archive, now = Archive(Shelf(str(folder / "history")), ZONE), begin(DAY + timedelta(1), ZONE) / 1000 + 600
    for partition in range(PARTITIONS):
        write_day(archive, partition, sensors)
        Merger(archive, Kept(raw=30, minute=1826)).tidy("sea", ("city.sea", partition), METRICS, now, now)
    engine = connect(f"sqlite:///{folder / 'deck.db'}")
    migrate(engine)
    engine.dispose()


def sources(folder: Path, domains: Mapping[str, Domain], site: Site) -> Sources:
    """What the report is made of."""
    shelf, engine = Shelf(str(folder / "history")), connect(f"sqlite:///{folder / 'deck.db'}")
    return Sources(
        domains={"sea": domains["sea"]},
        site=site,
        history=Days(shelf, ZONE),
        reports=Reports(shelf),
        health=Health(engine),
        feeds=FeedHours(engine, ZONE),
    )


def report(folder: Path) -> None:
    """One report from nothing, in this process, which has done nothing else."""
    import pandas  # noqa: F401  what loading takes is not the report's

    for kept in (folder / "history").glob("[rf]*/**/*.json"):
        kept.unlink()
    found = sources(folder, *city.read(ROOT / "demo" / "site"))
    began, cpu = time.perf_counter(), time.process_time()
    revision = make(found, "day", DAY, time.time())
    told = time.perf_counter() - began
    paper = document.drawn(asdict(revision), "pdf", "en", Brand())
    spent, readings = time.perf_counter() - began, revision.facts["coverage"]["readings"]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{readings / 1e6:.1f}M minutes: facts {told:.2f} s, with the PDF ({len(paper) >> 10} KiB) {spent:.2f} s, "
        f"processor {time.process_time() - cpu:.2f} s, {most:.0f} MiB at most; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
