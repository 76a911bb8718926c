"""Temporary folders that bear their owner's process id: what a killed owner left behind goes when the next one of its kind starts."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


def folder(kind: str) -> Path:
    """A new folder of this process; before, those of this kind whose process has gone are removed."""
    for left in Path(tempfile.gettempdir()).glob(f"citydeck-{kind}-*-*"):
        if _ownerless(left):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"citydeck-{kind}-{os.getpid()}-"))


def _ownerless(left: Path) -> bool:
    owner = left.name.split("-")[2]
    # In a container every run has the same id: a folder with ours is of the run before.
    return owner.isdigit() and (int(owner) == os.getpid() or not _runs(int(owner)))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's, or a number that this project did not write
        return True
    return True
