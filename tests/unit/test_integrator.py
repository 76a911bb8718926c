"""The example that integrators are shown is one that works."""

from __future__ import annotations

import json
import re
from pathlib import Path

from callbacks import alertmanager, cap, envelope, warning
from callbacks.signature import Senders
from domains import read
from model.outside import Warnings
from streams.decode import native
from tests.unit.warnings import NOW, stamp

PAGE: str = (Path(__file__).parents[2] / "docs" / "integrator.md").read_text()


def block(language: str, holding: str = "") -> str:
    """The page's first example in that language with that word in it."""
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return next(text for text in found if holding in text)


def test_the_bureau_can_be_added_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "noise.py").write_text(block("python", "DOMAIN"))
    assert read(tmp_path / "noise.py").key == "noise"


def sent(kind: str) -> bytes:
    """What the page's example posts to a hook, with the shell's dates filled in."""
    shown = next(text for text in re.findall(r"```\n(curl .*?)```", PAGE, re.DOTALL) if f"/hooks/{kind} <<END" in text)
    body = shown.partition("<<END\n")[2].partition("\nEND\n")[0]
    return re.sub(r"\$\(date .*?\)", stamp(), body).encode()


def test_the_alert_shown_is_taken() -> None:
    payload = alertmanager.read(sent("alertmanager"))
    assert alertmanager.message(payload, payload.alerts[0], Warnings(), [], [])["label"]["en"] == "Disk is full"


def test_the_warning_shown_is_taken() -> None:
    (text,) = envelope.alerts(sent("cap"))
    root, signed = Senders({}).checked(text, True, NOW)
    alert = cap.read(root, Warnings().severity)
    assert (alert.kind, len(alert.infos), signed) == ("Alert", 1, False) and warning.standing(alert, Warnings(), NOW)


def test_the_message_is_understood() -> None:
    columns, refused = native([json.dumps(json.loads(block("json"))).encode()])
    assert not refused
    assert columns.sensor == ("sea-buoy-03",)
