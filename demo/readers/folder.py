"""Everything recorded in a folder: each file is given to the first reader that knows it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from demo.readers import airport_weather, beijing_prsa, hk_aqhi, hk_epd, metr_la, ndbc, noaa_currents, usgs_river
from demo.readers.recording import Recording

READERS: tuple[ModuleType, ...] = (noaa_currents, usgs_river, hk_aqhi, metr_la, hk_epd, ndbc, beijing_prsa, airport_weather)
"""Each has `KIND`, which says what it reads, `matches(path) -> bool` and `read(path) -> Recording`."""

log = logging.getLogger(__name__)


def reader_of(path: Path) -> ModuleType | None:
    """The reader that knows the file, if any does."""
    return next((reader for reader in READERS if reader.matches(path)), None)


def nothing_known(folder: Path) -> str:
    """Why there is nothing to replay, in a sentence; empty when a reader knows a file of the folder."""
    if any(path.is_file() and reader_of(path) for path in folder.rglob("*")):
        return ""
    return f"no file in {folder} is of a kind that can be replayed: {'; '.join(reader.KIND for reader in READERS)}"


def recordings(folder: Path) -> Iterator[Recording]:
    """Every recording anywhere below `folder`, by path. Files that no reader knows are passed over; a damaged one is said in the log."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or (reader := reader_of(path)) is None:
            continue
        try:
            recording: Recording = reader.read(path)
        except (LookupError, ValueError, TypeError) as error:
            log.warning("a recorded file cannot be read and is left out", extra={"file": str(path), "reason": str(error)})
            continue
        if len(recording.readings):
            yield recording
