"""Recorded files: values read by eye from the files come out as readings, missing is never zero, and all run on one clock."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from demo.readers import airport_weather, beijing_prsa, hk_aqhi, hk_epd, metr_la, ndbc, noaa_currents, usgs_river
from demo.readers.folder import READERS, reader_of, recordings
from demo.readers.recording import COLUMNS, Recording
from demo.readers.tape import DAY, origin, shift, tape
from standards.unit import canonical
from streams.decode import native

FEED = Path(os.environ.get("CITYDECK_FEED") or Path(__file__).resolve().parents[2].parent / "shared" / "data")


@pytest.fixture
def feed() -> Path:
    """The folder of recorded files that the environment names, or the one beside the checkout."""
    if not FEED.is_dir():
        pytest.skip("no recorded files: set CITYDECK_FEED to their folder")
    return FEED


def at(recording: Recording, sensor: str, moment: str) -> Mapping[str, tuple[float, str]]:
    """(value, unit) by metric of one sensor at one time, written with its zone."""
    table = recording.readings
    rows = table[(table["sensor"] == sensor) & (table["time"] == pd.Timestamp(moment).timestamp())]
    return dict(zip(rows["metric"], zip(rows["value"], rows["unit"], strict=True), strict=True))


def test_noaa_currents(feed: Path) -> None:
    read = noaa_currents.read(feed / "sea" / "noaa_currents_s08010.json")
    assert read.domain == "sea" and len(read.readings) == 2 * 9445
    assert at(read, "noaa-s08010", "2016-11-08T13:58:00Z") == {"current_speed": (57.8, "cm/s"), "current_direction": (351.0, "deg")}
    assert read.places == {"noaa-s08010": (-122.4223, 37.9162)}


def test_usgs_river(feed: Path) -> None:
    read = usgs_river.read(feed / "land" / "river_USGS_08313000_Jan2019_instantaneous.json")
    assert read.domain == "land" and len(read.readings) == 2972
    assert at(read, "usgs-08313000", "2019-01-15T06:30:00-07:00") == {"discharge": (585.0, "ft3/s")}
    assert read.places == {"usgs-08313000": (-106.1424444, 35.8745)}
    assert not usgs_river.matches(feed / "land" / "river_USGS_08313000_Jan2019_daily.json")


def test_hk_marine_water(feed: Path) -> None:
    read = hk_epd.read(feed / "sea" / "hk_epd_marine_water_quality_2015_2020.csv")
    assert at(read, "hk-epd-TM4", "2018-07-09T00:00:00+08:00") == {
        "water_temperature": (28.5, "degC"), "salinity": (29.2, "psu"), "dissolved_oxygen": (6.6, "mg/L"), "ph": (8.2, "1"),
        "turbidity": (1.1, "NTU"), "chlorophyll_a": (5.8, "ug/L"), "inorganic_nitrogen": (0.01, "mg/L"), "phosphate": (0.01, "mg/L"),
        "unionised_ammonia": (0.0, "mg/L"), "bod5": (1.3, "mg/L"), "e_coli": (2.0, "cfu/100mL"),
    }  # fmt: skip
    assert len(read.places) == 49 and read.places["hk-epd-TM4"] == (114.2186226, 22.43288059)


def test_ndbc_realtime_leaves_out_what_is_marked_missing(feed: Path) -> None:
    read = ndbc.read(feed / "sea" / "ndbc_46097_realtime_2019-02_04.txt")
    assert at(read, "ndbc-46097", "2019-02-16T00:10:00Z") == {
        "wind_direction": (170.0, "deg"), "wind_speed": (12.0, "m/s"), "wave_height": (5.6, "m"), "wave_period": (15.0, "s"),
        "pressure": (1001.1, "hPa"), "air_temperature": (6.0, "degC"), "water_temperature": (10.9, "degC"),
    }  # fmt: skip
    assert set(at(read, "ndbc-46097", "2019-03-15T08:50:00Z")) == {
        "wind_direction", "wind_speed", "pressure", "air_temperature", "water_temperature",
    }  # fmt: skip
    assert not read.readings["value"].isna().any() and read.places == {}


def test_ndbc_winds_fill_of_nines_is_null(feed: Path) -> None:
    read = ndbc.read(feed / "sea" / "ndbc_42a01_cwind_2003-04.txt")
    assert at(read, "ndbc-42a01", "2003-04-10T12:00:00Z") == {"wind_speed": (8.9, "m/s"), "wind_direction": (331.0, "deg")}
    missing = at(read, "ndbc-42a01", "2003-04-11T05:20:00Z")
    assert set(missing) == {"wind_speed", "wind_direction"} and all(math.isnan(value) for value, _ in missing.values())
    assert read.readings["value"].max() < 361 and int(read.readings.query("metric == 'wind_speed'")["value"].isna().sum()) == 6


def test_beijing_air(feed: Path) -> None:
    read = beijing_prsa.read(feed / "air" / "beijing_Aotizhongxin_201303_201402.csv")
    found = at(read, "beijing-Aotizhongxin", "2013-03-04T02:00:00+08:00")
    assert math.isnan(found["so2"][0]) and len(found) == 10
    assert {metric: value for metric, (value, _) in found.items() if metric != "so2"} == {
        "pm2_5": 34, "pm10": 62, "no2": 14, "o3": 68, "co": 300, "temperature": 8.1, "pressure": 1016.7, "wind_speed": 4.3,
        "wind_direction": 0,
    }  # fmt: skip
    assert found["co"][1] == "ug/m3"
    calm = at(beijing_prsa.read(feed / "air" / "beijing_Tiantan_201303_201402.csv"), "beijing-Tiantan", "2013-07-15T14:00:00+08:00")
    assert calm["wind_speed"] == (0.0, "m/s") and calm["wind_direction"] == (180.0, "deg") and calm["pm2_5"] == (37.0, "ug/m3")


def test_hk_air_index(feed: Path) -> None:
    read = hk_aqhi.read(feed / "air" / "hk_aqhi_weather_hourly_2026.csv")
    assert len(read.readings) == 18 * 336 and read.places["hk-aqhi-Tap Mun"] == (114.3607185, 22.47131669)
    assert at(read, "hk-aqhi-Tap Mun", "2026-04-25T02:00:00+08:00") == {"health_index": (2.0, "1")}
    assert at(read, "hk-aqhi-Central/Western", "2026-04-21T00:00:00+08:00") == {"health_index": (6.0, "1")}


def test_shenzhen_airport(feed: Path) -> None:
    read = airport_weather.read(feed / "air" / "weather_shenzhen_baoan_2022.csv")
    assert at(read, "rp5-shenzhen-baoan", "2022-06-25T14:00:00+08:00") == {
        "temperature": (31.0, "degC"), "pressure": (755.1, "mmHg"), "humidity": (70.0, "%"), "wind_speed": (6.0, "m/s"),
        "wind_direction": (180.0, "deg"),
    }  # fmt: skip
    calm = at(read, "rp5-shenzhen-baoan", "2022-06-26T05:00:00+08:00")
    assert calm["wind_speed"] == (0.0, "m/s") and math.isnan(calm["wind_direction"][0])


def test_los_angeles_loops(feed: Path) -> None:
    read = metr_la.read(feed / "traffic" / "metr_la_speed_5min.csv")
    assert len(read.readings) == 864 * 104 and read.places["metr-la-773869"] == (-118.31829, 34.15497)
    assert at(read, "metr-la-773869", "2012-03-01T00:00:00-08:00") == {"speed": (64.375, "mph")}
    assert at(read, "metr-la-771667", "2012-03-03T23:55:00-08:00") == {"speed": (34.44444444, "mph")}


def test_a_detector_that_was_missing_is_null_and_not_a_standstill(tmp_path: Path) -> None:
    file = tmp_path / "speed.csv"
    file.write_text("773869,767541\n64.5,0\n0,61.25\n", encoding="utf-8")
    read = metr_la.read(file)
    assert read.places == {}
    assert [value if value == value else None for value in read.readings["value"]] == [64.5, None, None, 61.25]


def test_a_river_reading_marked_as_no_data_is_null(feed: Path, tmp_path: Path) -> None:
    text = (feed / "land" / "river_USGS_08313000_Jan2019_instantaneous.json").read_text(encoding="utf-8")
    file = tmp_path / "river.json"
    file.write_text(text.replace('{"value": "577"', '{"value": "-999999"', 1), encoding="utf-8")
    values = usgs_river.read(file).readings["value"]
    assert values[0] == 569 and math.isnan(values[1]) and int(values.isna().sum()) == 1


def test_every_reader_has_a_file_and_every_unit_is_known(feed: Path) -> None:
    found = list(recordings(feed))
    assert {reader_of(path) for path in feed.rglob("*") if path.is_file()} - {None} == set(READERS)
    assert {recording.domain for recording in found} == {"sea", "land", "air", "traffic"}
    for recording in found:
        assert tuple(recording.readings.columns) == COLUMNS
        assert recording.readings["time"].is_monotonic_increasing and recording.readings["value"].notna().mean() > 0.9
        for unit in recording.readings["unit"].unique():
            canonical(unit)


def test_a_damaged_file_is_said_and_the_others_are_read(feed: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = (feed / "land" / "river_USGS_08313000_Jan2019_instantaneous.json").read_text(encoding="utf-8")
    (tmp_path / "a.json").write_text(whole[: len(whole) // 2], encoding="utf-8")
    (tmp_path / "b.json").write_text(whole, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("nothing recorded", encoding="utf-8")
    assert [recording.name for recording in recordings(tmp_path)] == ["b.json"]
    assert "cannot be read" in caplog.text


# One clock


def recorded(domain: str, name: str, first: str, step: float, values: list[float], **places: tuple[float, float]) -> Recording:
    start = pd.Timestamp(first).timestamp()
    table = pd.DataFrame({"sensor": name, "metric": "speed", "value": values, "time": start + step * np.arange(len(values)), "unit": "mph"})
    return Recording(domain=domain, name=name, readings=table, places=places)


OLD = recorded("traffic", "old", "2012-03-01T08:00:00Z", 3600.0, [1.5, math.nan, 0.0, *range(40)], old=(114.5, 22.5))
YOUNG = recorded("air", "young", "2026-04-20T16:00:00Z", 3600.0, [7.0, 8.0])


def test_files_of_other_years_are_shifted_by_whole_days_and_have_begun_when_the_replay_begins() -> None:
    begin = origin([OLD, YOUNG])
    assert begin == pd.Timestamp("2026-04-20T16:00:00Z").timestamp()
    added = shift(float(OLD.readings["time"][0]), begin)
    assert added % DAY == 0
    assert pd.Timestamp(OLD.readings["time"][0] + added, unit="s", tz="UTC") == pd.Timestamp("2026-04-20T08:00:00Z")
    assert shift(begin, begin) == 0 and shift(begin + 60, begin) == -DAY


def test_a_tape_is_in_order_of_time_and_in_native_messages() -> None:
    played = tape([OLD, YOUNG])
    assert (np.diff(played.time) >= 0).all() and len(played.time) == 45
    assert int((played.time < played.begin).sum()) == 8
    first = [json.loads(text) for text in played.text[:3]]
    assert [element["value"] for element in first] == [1.5, None, 0.0]
    assert first[0] == {
        "sensor": "old", "metric": "speed", "unit": "mph", "value": 1.5, "time": 1776672000000, "lon": 114.5, "lat": 22.5,
    }  # fmt: skip
    columns, refused = native([text.encode() for text in played.text])
    assert not refused and columns.time.tolist() == played.time.tolist()


def test_nothing_recorded_is_said() -> None:
    with pytest.raises(ValueError, match="no recorded file"):
        tape([])


def test_real_files_on_one_clock_keep_their_values(feed: Path) -> None:
    river = usgs_river.read(feed / "land" / "river_USGS_08313000_Jan2019_instantaneous.json")
    speeds = metr_la.read(feed / "traffic" / "metr_la_speed_5min.csv")
    played = tape([river, speeds])
    columns, refused = native([text.encode() for text in played.text[played.sensor == "usgs-08313000"]])
    assert not refused and columns.value.tolist() == river.readings["value"].tolist()
    assert set((columns.time - river.readings["time"].to_numpy()) % DAY) == {0.0}
