"""A city with one bureau more than the demo's: a copy of its site with one file in `domains/`, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.project import ROOT

NOISE = '''
"""The city's ears: sound level meters of the environment bureau."""

from model import Domain, Figure, Guidance, Kpi, Label, Layer, Metric, Readings, Rule

LOOK = dict(unit="dB", decimals=1, normal=(30, 65), scale=(20, 110))


def loudest(readings: Readings) -> Figure:
    levels = readings.latest("level")
    worst = max(levels, key=levels.__getitem__, default=None)
    return Figure(value=levels.get(worst), sensor=worst, by_sensor=levels)


def mean(readings: Readings) -> Figure:
    levels = readings.latest("level").values()
    return Figure(value=sum(levels) / len(levels) if levels else None)


DOMAIN = Domain(
    label=Label(en="Noise", zh="噪声"),
    icon='<path d="M4 9v6h4l5 4V5L8 9z"/>',
    order=50,
    metrics=(Metric(key="level", label=Label(en="Sound level", zh="声级"), valid=(15, 140), **LOOK),),
    kpis=(
        Kpi(key="loudest", label=Label(en="Loudest place", zh="最高声级"), figure=loudest, metric="level", **LOOK),
        Kpi(key="mean", label=Label(en="Mean level", zh="平均声级"), figure=mean, metric="level", **LOOK),
    ),
    rules=(
        Rule(
            key="loud", label=Label(en="Too loud", zh="噪声超标"), on="level", comparison="high", limit=90, priority="critical", deadband=5,
            guidance=Guidance(
                cause=Label(en="A building site at night.", zh="夜间施工。"),
                consequence=Label(en="Nobody sleeps.", zh="居民无法入睡。"),
                action=Label(en="Send the night patrol.", zh="派夜间巡查。"),
                respond_within=900,
            ),
        ),
    ),
    layer=Layer(kind="points", metric="level"),
    headline=("loudest", "mean"),
    table="loudest",
    trends=("loudest",),
    interval=20.0,
    sample={"sensor": "meter-1", "metric": "level", "value": 61.5, "time": "2026-11-20T07:00:00Z", "unit": "dB"},
)
'''
METER = {"lon": 114.47, "lat": 22.47}
"""Where the tests' meter stands: over the sea, where nothing else does."""


def city(folder: Path, text: str = NOISE) -> Path:
    """The demo's site in `folder` with `text` as the noise bureau; its path."""
    site = folder / "site"
    shutil.copytree(ROOT / "demo" / "site", site)
    (site / "domains").mkdir()
    (site / "domains" / "noise.py").write_text(text, encoding="utf-8")
    return site
