"""Files of the history that can be read no more: a bad disk, a copy that broke off. They are put aside and told of, and all else goes on.

What a reader stumbles over is proved first: it can be fetched, and then not be read. A store that does not answer proves nothing. Readings
and minutes go to `damaged/<path>`, where nobody looks for them; of copies that are made again all that lies beside them is deleted.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable
from typing import TypeVar

import pyarrow as pa

from store.archive import CLASSES, files
from store.minute import MINUTE
from store.sheet import RAW, read
from store.shelf import Shelf, Unreadable

log = logging.getLogger(__name__)
T = TypeVar("T")

FOLDER = "damaged"
SCHEMAS = {"raw": RAW, "minute": MINUTE}


def without(shelf: Shelf, do: Callable[[], T]) -> T:
    """What `do` gives; it is done anew when files over which it stumbled were put aside. Raises `OSError`."""
    while True:
        try:
            return do()
        except Unreadable as error:
            if not any([_put_aside(shelf, path) for path in error.paths]):
                raise


def held(shelf: Shelf, domain: str, place: tuple[str, int]) -> list[str]:
    """What of a partition was put aside and still lies there."""
    days = [day for kind in CLASSES for day in files(shelf, f"{FOLDER}/{kind}", domain, place).values()]
    return sorted(entry.path for day in days for entry in day.values())


def _put_aside(shelf: Shelf, path: str) -> bool:
    kind = path.partition("/")[0]
    reason = _damage(shelf, path, SCHEMAS.get(kind))
    if not reason:
        return False
    log.error("damaged file", extra={"file": path, "error": reason})
    if kind in CLASSES:
        shelf.move(path, f"{FOLDER}/{path}")
    else:
        for entry in shelf.list(path.rpartition("/")[0]):
            shelf.delete(entry.path)
    return True


def _damage(shelf: Shelf, path: str, schema: pa.Schema | None) -> str:
    """Why a file that can be fetched cannot be read; empty when it can be. Raises `OSError`."""
    with tempfile.TemporaryFile() as copy:
        with shelf.open(path) as file:
            shutil.copyfileobj(file, copy, 16 << 20)
        copy.seek(0)
        try:
            for rows in read(copy):
                rows.cast(schema or rows.schema)
        except (pa.ArrowException, OSError, ValueError) as error:
            return str(error)
    return ""
