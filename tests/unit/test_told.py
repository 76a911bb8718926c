"""What frames tell of a value besides the value: how old it is, how old is usual, and whether a condition is on it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

from domains.air import DOMAIN as DECLARED
from model import Condition, Domain, Priority, Sensor, Site
from store.view import View
from streams import compose
from streams.compose import Bureau
from streams.pages import Pages
from streams.partition import Partition
from tests.unit.city import START, batch, label, ranked
from tests.unit.keys import Keys

AIR = replace(DECLARED, key="air", topic="city.air")
IDS = ("a", "b")
NOW = START + 7200


def site(interval: float = 60.0) -> Site:
    stations = tuple(Sensor(id=id, domain="air", label=label(id), lon=0, lat=0, area="", interval=interval, owner=None) for id in IDS)
    return Site(
        folder="", label=label("City"), zone="Asia/Shanghai", areas=(), screens=(), extent=(0, 0, 1, 1), review_number="",
        sensors={"air": stations},
    )  # fmt: skip


def message(sensor: str, metric: str, before: float, value: float = 20.0) -> dict[str, Any]:
    return {"sensor": sensor, "metric": metric, "value": value, "time": round((NOW - before) * 1000)}


def fed(until: float, *more: dict[str, Any]) -> list[dict[str, Any]]:
    """An hour and a half of particles of both stations, up to `until` seconds ago, and what else came."""
    return [message(id, metric, before) for before in range(5400, int(until), -60) for id in IDS for metric in ("pm2_5", "o3")] + [*more]


def bureau(records: list[dict[str, Any]], conditions: list[Condition] | None = None, declared: Domain = AIR) -> Bureau:
    partition = Partition(declared, Keys().load(), {})
    partition.take(replace(batch(records), topic="city.air"), NOW)
    windows = {(width, start): table.rows for width, held in partition.windows.items() for start, table in held.tables.items()}
    names = partition.series.names
    view = View("air.0", {"newest": str(partition.newest)}, names, partition.latest.rows[: len(names)], windows)
    made = Bureau(declared, site())
    made.look([view], NOW, lambda *_: ())
    made.roll.update([view], NOW, ranked((), conditions or []))
    return made


def true(rule: str, subject: str, priority: Priority = "medium", **more: float) -> Condition:
    told = {"value": 1.0, "limit": 2.0, "since": NOW - 10, "observed": NOW - 10} | more
    return Condition(rule=f"air/{rule}", subject=subject, domain="air", priority=priority, active=True, **told)


def page(made: Bureau, conditions: list[Condition]) -> dict[str, Any]:
    told, pages = ranked((), conditions), Pages(lambda place, since, until: (), {"air": made})
    sections = pages.all(told, pages.common(told, {}), [], [], NOW, NOW)["domain-air"]
    return cast(dict[str, Any], json.loads(json.dumps(sections, default=str)))


def stations(made: Bureau, conditions: list[Condition]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in page(made, conditions)["stations.air"]["rows"]}


def test_a_figure_is_as_old_as_the_newest_reading_it_looked_at() -> None:
    told = page(bureau(fed(600, message("a", "temperature", 0.0))), [])
    assert (told["kpi.air/aqi_worst"]["time"], told["kpi.air/pm2_5_mean"]["time"]) == (NOW - 660, NOW - 660)
    assert (told["kpi.air/aqi_worst"]["interval"], told["head.air"]["time"]) == (60, NOW)
    assert (told["kpi.air/health_highest"]["time"], told["kpi.air/health_highest"]["interval"]) == (None, None)


def test_the_api_tells_the_same_age() -> None:
    documents = Pages(lambda place, since, until: (), {"air": bureau(fed(600, message("a", "temperature", 0.0)))}).documents(NOW)
    assert {row["key"]: row["time"] for row in json.loads(documents["kpis:air"])}["aqi_worst"] == NOW - 660


def test_a_station_s_row_is_as_old_as_the_value_it_shows() -> None:
    records = fed(600, message("a", "temperature", 0.0), message("b", "o3", 30.0))
    of_index = stations(bureau(records), [])
    assert {id: (row["time"], row["old"]) for id, row in of_index.items()} == {"a": (NOW - 660, 1), "b": (NOW - 30, 0)}
    silent = bureau(fed(600, message("a", "temperature", 0.0)), declared=replace(AIR, table="temperature"))
    assert {id: (row["time"], row["old"]) for id, row in stations(silent, []).items()} == {"a": (NOW, 0), "b": (NOW - 660, 1)}


def test_a_mark_on_the_map_is_as_old_as_the_value_it_stands_for() -> None:
    assert AIR.layer.metric == "pm2_5"
    made = bureau(fed(600, message("a", "temperature", 0.0)))
    assert compose.map_columns(made)["c"]["t"].tolist() == [NOW - 660, NOW - 660]


def test_a_condition_on_another_metric_does_not_colour_a_station_s_value() -> None:
    conditions = [true("pm2_5_high", "sensor:a"), true("gale", "sensor:b", "high")]
    of_index = stations(bureau(fed(0), conditions), conditions)
    assert [(of_index[id]["s"], of_index[id]["p"]) for id in IDS] == [(3, 0), (2, 0)]
    by_metric = replace(AIR, table="pm2_5")
    assert [row["p"] for row in stations(bureau(fed(0), conditions, by_metric), conditions).values()] == [0, 3]
    by_figure = replace(AIR, kpis=(replace(AIR.kpis[0], metric="pm2_5"), *AIR.kpis[1:]))
    assert {id: row["p"] for id, row in stations(bureau(fed(0), conditions, by_figure), conditions).items()} == {"a": 3, "b": 0}


def test_a_condition_whose_sensor_fell_silent_says_when_it_spoke_last() -> None:
    made = bureau(fed(0))
    fresh, stale, of_city = true("gale", "sensor:a"), true("gale", "sensor:b", observed=NOW - 200), true("aqi_polluted", "kpi:aqi_worst")
    told = page(made, [fresh, stale, of_city])["conditions"]["rows"]
    assert {row["subject"]: row["last"] for row in told} == {"sensor:a": None, "sensor:b": NOW - 200, "kpi:aqi_worst": None}
    assert compose.head(made, NOW, False)["live"] == 2
