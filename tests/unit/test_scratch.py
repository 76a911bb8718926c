"""Temporary folders: one's own is new, a dead owner's goes, a living one's and what nobody here made stays."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import scratch


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder, for this test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def dead() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


def filled(folder: Path) -> Path:
    folder.mkdir()
    (folder / "file").write_text("left")
    return folder


def test_a_folder_is_new_and_its_owners_own(place: Path) -> None:
    made = scratch.folder("demo")
    assert made.parent == place and list(made.iterdir()) == [] and made.stat().st_mode & 0o77 == 0


def test_what_a_dead_owner_left_goes(place: Path) -> None:
    filled(place / f"citydeck-demo-{dead()}-abc")
    made = scratch.folder("demo")
    assert list(place.iterdir()) == [made]


def test_a_folder_of_the_run_before_under_the_same_id_goes(place: Path) -> None:
    filled(place / f"citydeck-metrics-{os.getpid()}-abc")
    made = scratch.folder("metrics")
    assert list(place.iterdir()) == [made]


@pytest.mark.parametrize("name", ["demo-{living}-abc", "metrics-{dead}-abc", "demo-abc-abc", "demo-{huge}-abc", "demo-{dead}"])
def test_what_is_anothers_stays(place: Path, name: str) -> None:
    other = filled(place / f"citydeck-{name.format(living=os.getppid(), dead=dead(), huge=10**30)}")
    made = scratch.folder("demo")
    assert set(place.iterdir()) == {other, made}


def test_a_link_is_not_followed(place: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = filled(tmp_path_factory.mktemp("outside") / "kept")
    (place / f"citydeck-demo-{dead()}-abc").symlink_to(outside)
    scratch.folder("demo")
    assert (outside / "file").exists()
