"""The folder or the object store that holds the history: a file is there whole, or it is not there."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from pyarrow import fs

SCHEMES = ("s3://",)
Write = Callable[[IO[bytes]], object]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, its path from the shelf's root, and its age."""

    path: str
    size: int
    changed: float
    """Wall clock."""

    @property
    def folder(self) -> str:
        """The path without the name."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


class Unreadable(OSError):
    """Of some files one could not be read: it is damaged, or is no more, or the store did not answer."""

    def __init__(self, paths: Sequence[str], cause: Exception) -> None:
        super().__init__(f"{', '.join(paths[:3])}: {cause}")
        self.paths = paths


class Shelf:
    """A folder, or `s3://<bucket>/<prefix>` with the options of pyarrow's client in the query and its keys in the usual AWS_ variables.

    Every call raises `OSError` when the disk is full, or the store does not answer.
    """

    def __init__(self, address: str) -> None:
        self.local = not address.startswith(SCHEMES)
        if self.local:
            self.files, self.root = fs.LocalFileSystem(), str(Path(address).absolute())
        else:
            self.files, self.root = fs.FileSystem.from_uri(address)

    def path(self, path: str) -> str:
        """The full path, as the file system names it."""
        return f"{self.root}/{path}"

    def list(self, folder: str) -> list[Entry]:
        """Every file below a folder, hidden ones left out, by path. Raises `OSError`; of a folder that is not there yet there is none."""
        if self.local and Path(self.root).is_file():
            raise NotADirectoryError(f"{self.root} is no folder")
        found = self.files.get_file_info(fs.FileSelector(self.path(folder), recursive=True, allow_not_found=True))
        files = [info for info in found if info.type == fs.FileType.File and not info.base_name.startswith((".", "_"))]
        return sorted(
            (Entry(info.path.removeprefix(self.root).lstrip("/"), info.size or 0, info.mtime.timestamp()) for info in files),
            key=lambda entry: entry.path,
        )

    @contextmanager
    def open(self, path: str) -> Iterator[Any]:
        """The file for reading at any place. Raises `FileNotFoundError` where it was merged away, `Unreadable` where reading it fails."""
        with self.files.open_input_file(self.path(path)) as file:
            try:
                yield file
            except FileNotFoundError:
                raise
            except (pa.ArrowException, KeyError, ValueError, OSError) as error:
                raise Unreadable([path], error) from error

    def put(self, path: str, write: Write) -> None:
        """Makes a file of what `write` writes: returns when it is there for good, and raises when it is not there at all."""
        if self.local:
            self._place(Path(self.path(path)), write)
        else:
            self._send(path, write)

    def _place(self, target: Path, write: Write) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_name(f".{target.name}.{secrets.token_hex(4)}.half")
        try:
            with half.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            half.replace(target)
        except BaseException:
            half.unlink(missing_ok=True)
            raise
        for folder in (target.parent, target.parent.parent):
            _sync(folder)

    def _send(self, path: str, write: Write) -> None:
        """One put of the whole: an object store shows an object when all of it has come."""
        with tempfile.TemporaryFile() as spool:
            write(spool)
            spool.flush()
            whole = mmap(spool.fileno(), 0, access=ACCESS_READ) if os.fstat(spool.fileno()).st_size else b""
            # Arrow shows what it got of an object when the stream is let go of, unless the store refused some. So it gets all in one call.
            with self.files.open_output_stream(self.path(path)) as stream:
                stream.write(whole)

    def put_new(self, path: str, data: bytes) -> bool:
        """Makes a file that is not there yet; False, and nothing done, where it is. On an object store two at once may both believe it."""
        if not self.local:
            if self.files.get_file_info(self.path(path)).type != fs.FileType.NotFound:
                return False
            self._send(path, lambda file: file.write(data))
            return True
        target = Path(self.path(path))
        half = f"{path.rpartition('/')[0]}/.{target.name}.{secrets.token_hex(4)}.new"
        self.put(half, lambda file: file.write(data))
        try:
            os.link(self.path(half), target)
        except FileExistsError:
            return False
        finally:
            self.delete(half)
        _sync(target.parent)
        return True

    def move(self, path: str, other: str) -> None:
        """Gives a file another path. Raises `FileNotFoundError` where it is no more."""
        if self.local:
            Path(self.path(other)).parent.mkdir(parents=True, exist_ok=True)
        self.files.move(self.path(path), self.path(other))

    def delete(self, path: str) -> None:
        """Makes the file be there no more; one that is not there is none too few."""
        try:
            self.files.delete_file(self.path(path))
        except FileNotFoundError:
            return

    def sweep(self, folder: str, name: str = "") -> None:
        """Removes what writers of files that begin with `name` left half written when they were killed."""
        if self.local:
            for half in Path(self.path(folder)).rglob(f".{name}*.half"):
                half.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Makes the names in a folder last."""
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
