"""Find or fetch the jars of Apache Kafka for the tests, or say why they cannot be had."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
JAVA = 17
"""The oldest Java that Apache Kafka 4 runs on."""
PATIENCE = 300
"""Seconds that Maven may take."""


class NoKafka(Exception):
    """Why there is no Apache Kafka here."""


def jars() -> Path:
    """Folder of the jars, kept between runs. NoKafka when Java or Maven is missing or the jars cannot be fetched."""
    _check_java()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "citydeck" / f"kafka-{sha256(POM.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        _fetch(folder)
    return folder


def _check_java() -> None:
    if not shutil.which("java"):
        raise NoKafka(f"Java {JAVA} or newer is not installed (package default-jre-headless)")
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    if not found or int(found[1]) < JAVA:
        raise NoKafka(f"Java {JAVA} or newer is needed, and this is {told.splitlines()[0] if told else 'not one'}")


def _fetch(folder: Path) -> None:
    if not shutil.which("mvn"):
        raise NoKafka("Maven is not installed (package maven)")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as own:
        fetched = Path(own) / "jars"
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={fetched}", "-DincludeScope=runtime"]
        try:
            done = subprocess.run(
                ["mvn", "-q", "-B", "-f", str(POM), *goal], capture_output=True, text=True, timeout=PATIENCE, cwd=own, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NoKafka(f"Maven did not fetch the jars within {PATIENCE} s") from error
        if done.returncode:
            raise NoKafka(f"Maven could not fetch the jars: {done.stdout.strip().splitlines()[:1]}")
        fetched.rename(folder)
