"""Traffic: road links of the traffic police and the transport bureau, each with its speed, flow and occupancy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from domains.figure import exceeded, greatest, highest, least, mean
from model import NO_VERDICT, Day, Domain, Figure, Guidance, Kpi, Label, Layer, Metric, Readings, Rule, Standard, Verdict
from standards import congestion

HOUR = 3600.0


def number(readings: Readings, sensor: str, column: str) -> float | None:
    """A positive number in an extra column of the site's list; None where there is none."""
    try:
        value = float(readings.attribute(sensor, column) or 0)
    except ValueError:
        return None
    return value if value > 0 else None


def free_flows(readings: Readings, speeds: Mapping[str, float]) -> dict[str, float]:
    """Free-flow speed in km/h by link: the list's `free_flow_kmh`, or else learnt from the last day."""
    found = {sensor: number(readings, sensor, "free_flow_kmh") for sensor in speeds}
    if None in found.values():
        hours = readings.hourly("speed", 24)
        for sensor, known in found.items():
            found[sensor] = known or congestion.free_flow(hours.get(sensor, ()))
    return {sensor: free for sensor, free in found.items() if free}


def flows(readings: Readings, sensors: Collection[str]) -> dict[str, float]:
    """Vehicles an hour by link: of a link without a fresh count its own mean of the last hour, else the mean of the links that have either.

    A link that falls silent so changes its own weight and no other; the Urban Congestion Report, which `standards.congestion` follows,
    weights by volumes of the past altogether. 1 for all where no link counts vehicles: then only length weighs.
    """
    fresh = readings.latest("flow")
    known = {sensor: fresh[sensor] for sensor in sensors if sensor in fresh}
    if len(known) < len(sensors):
        hour = readings.means("flow", HOUR)
        known |= {sensor: hour[sensor] for sensor in sensors if sensor not in known and sensor in hour}
    usual = sum(known.values()) / len(known) if known else 1.0
    return {sensor: known.get(sensor, usual) for sensor in sensors}


def weights(readings: Readings, sensors: Collection[str]) -> dict[str, float]:
    """Vehicle-kilometres an hour by link; its length is the list's `length_km`, else 1."""
    return {sensor: flow * (number(readings, sensor, "length_km") or 1.0) for sensor, flow in flows(readings, sensors).items()}


def city_index(readings: Readings) -> Figure:
    """The city's travel time index, with each link's own and the slowest link."""
    speeds = readings.latest("speed")
    links = {sensor: congestion.index(speeds[sensor], free) for sensor, free in free_flows(readings, speeds).items()}
    weight = weights(readings, links)
    value = congestion.city((index, weight[sensor]) for sensor, index in links.items())
    return Figure(value=value, sensor=greatest(links).sensor, by_sensor=links)


def city_speed(readings: Readings) -> Figure:
    """Mean speed as vehicle-kilometres over vehicle-hours, km/h."""
    speeds = readings.latest("speed")
    weight = weights(readings, speeds)
    value = congestion.mean_speed((speed, weight[sensor]) for sensor, speed in speeds.items())
    return Figure(value=value, sensor=least(speeds).sensor, by_sensor=speeds)


def slow_links(readings: Readings) -> Figure:
    """How many links run below 40 % of free flow, the slowest, and each link's share of its free-flow speed."""
    speeds = readings.latest("speed")
    shares = {sensor: speeds[sensor] / free for sensor, free in free_flows(readings, speeds).items()}
    if not shares:
        return Figure(value=None)
    slow = sum(share < congestion.SLOW for share in shares.values())
    return Figure(value=float(slow), sensor=least(shares).sensor, by_sensor=shares)


def peak(first: int, last: int) -> Callable[[Day], Verdict]:
    """The hour in which the city was most congested, of those from `first` up to `last` o'clock, with its slowest link."""

    def verdict(day: Day) -> Verdict:
        figures = {place: city_index(day.at(place)) for place, hour in enumerate(day.hours) if first <= hour.hour < last}
        known = {place: figure.value for place, figure in figures.items() if figure.value is not None}
        if not known:
            return NO_VERDICT
        worst = max(known, key=known.__getitem__)
        state = congestion.state(known[worst])
        return Verdict(
            value=known[worst],
            grade=Label(en=state.en, zh=state.zh),
            sensor=figures[worst].sensor,
            items=("speed",),
            hour=worst,
            by_sensor=figures[worst].by_sensor,
        )

    return verdict


METRICS = (
    Metric(key="speed", label=Label(en="Speed", zh="车速"), unit="km/h", valid=(0, 220), decimals=0, normal=(25, 120), scale=(0, 120)),
    Metric(key="flow", label=Label(en="Flow", zh="流量"), unit="veh/h", valid=(0, 20_000), decimals=0, normal=(0, 4000), scale=(0, 8000)),
    Metric(key="occupancy", label=Label(en="Occupancy", zh="占有率"), unit="%", valid=(0, 100), decimals=0, normal=(0, 20), scale=(0, 60)),
)

KPIS = (
    Kpi(
        key="congestion", label=Label(en="Congestion index", zh="拥堵指数"), unit="", decimals=1, figure=city_index, normal=(1, 1.5),
        scale=(1, 3),
    ),
    Kpi(
        key="speed_mean", label=Label(en="Mean speed", zh="平均车速"), unit="km/h", decimals=0, figure=city_speed, normal=(35, 80),
        scale=(0, 100), metric="speed", by_area=True,
    ),
    Kpi(
        key="slow_links", label=Label(en="Slow links", zh="拥堵路段数"), unit="", decimals=0, figure=slow_links, normal=(0, 5),
        scale=(0, 40),
    ),
    Kpi(
        key="flow_mean", label=Label(en="Mean flow", zh="平均流量"), unit="veh/h", decimals=0, figure=mean("flow", 300), normal=(0, 2500),
        scale=(0, 5000), metric="flow",
    ),
    Kpi(
        key="occupancy_highest", label=Label(en="Highest occupancy", zh="最高占有率"), unit="%", decimals=0,
        figure=highest("occupancy", 300), normal=(0, 25), scale=(0, 60), metric="occupancy",
    ),
    Kpi(
        key="speed_85", label=Label(en="Speed, V85", zh="车速 V85"), unit="km/h", decimals=0, figure=exceeded("speed", 900, 0.15),
        normal=(40, 100), scale=(0, 120), metric="speed", by_area=True,
    ),
)  # fmt: skip

RULES = (
    Rule(
        key="city_jam", label=Label(en="City congested", zh="全市拥堵"), on="congestion", comparison="high", limit=1.8,
        priority="medium", deadband=0.1, on_delay=300, off_delay=120, re_alarm=7200, suppressed_by=("feed_down", "city_gridlock"),
        guidance=Guidance(
            cause=Label(
                en="Rush hour with rain, a holiday at the beaches, or an accident on the one road in.",
                zh="降雨早晚高峰、节假日海滨客流或进出通道事故。",
            ),
            consequence=Label(
                en="Trips take 1.8 times as long; ambulances and fire engines are late.",
                zh="出行时间达畅通时的1.8倍，救护和消防车辆受阻。",
            ),
            action=Label(
                en="Look at the slow links on the map; change the signal plan; use the message signs; send officers to the worst junction.",
                zh="查看拥堵路段分布，切换信号方案，发布诱导屏信息，调警力到最堵路口。",
            ),
            respond_within=900,
        ),
    ),
    Rule(
        key="city_gridlock", label=Label(en="City severely congested", zh="全市严重拥堵"), on="congestion", comparison="high", limit=2.1,
        priority="high", deadband=0.15, on_delay=300, off_delay=180, escalate_after=600, re_alarm=1800,
        guidance=Guidance(
            cause=Label(en="Several main links blocked at once.", zh="多条主干路同时受阻。"),
            consequence=Label(en="The network locks up; buses stop.", zh="路网趋于锁死，公交停滞。"),
            action=Label(
                en="Start the traffic emergency plan: meter the entries, keep one lane for emergency vehicles, tell the public.",
                zh="启动交通应急预案：入口限流，保留应急车道，向社会发布。",
            ),
            respond_within=600,
        ),
    ),
    Rule(
        key="link_blocked", label=Label(en="Link nearly standing", zh="路段近乎停滞"), on="speed", comparison="low", limit=12.0,
        priority="medium", deadband=4.0, on_delay=120, off_delay=120, escalate_after=900, re_alarm=3600,
        guidance=Guidance(
            cause=Label(en="Accident, breakdown, road works or a signal fault.", zh="事故、故障车、占道施工或信号故障。"),
            consequence=Label(en="The queue reaches the junction before in a few minutes.", zh="数分钟内排队蔓延至上游路口。"),
            action=Label(
                en="Look at the camera; send the nearest patrol; warn upstream on the signs.",
                zh="调看视频，派最近警力，上游诱导屏提示绕行。",
            ),
            respond_within=300,
        ),
    ),
    Rule(
        key="occupancy_high", label=Label(en="Road full", zh="占有率过高"), on="occupancy", comparison="high", limit=45.0,
        priority="low", deadband=5.0, on_delay=300, off_delay=120,
        guidance=Guidance(
            cause=Label(en="Standing queue over the loop, or a loop that is stuck on.", zh="检测器上方排队或线圈常占。"),
            consequence=Label(en="Capacity falls below demand.", zh="通行能力低于需求。"),
            action=Label(en="Compare with speed: full and fast is a broken loop.", zh="与车速比对：占有率高而车速快多为线圈故障。"),
            respond_within=1800,
        ),
    ),
    Rule(
        key="speed_drop", label=Label(en="Speed changing fast", zh="车速骤变"), on="speed", comparison="rate", limit=300.0,
        priority="low", deadband=60.0, on_delay=30, off_delay=120, span=300, times=2, within=1800,
        guidance=Guidance(
            cause=Label(en="The first sign of an accident, or of a queue's end passing.", zh="事故初兆或排队尾部经过。"),
            consequence=Label(en="Rear-end collisions at the end of the queue.", zh="排队尾部易发生追尾。"),
            action=Label(en="Look at the camera; set the speed signs upstream.", zh="调看视频，上游可变限速牌降速。"),
            respond_within=300,
        ),
    ),
    Rule(
        key="speed_stuck", label=Label(en="Speed reading stuck", zh="车速数值不变"), on="speed", comparison="stuck", limit=2700,
        priority="low",
        guidance=Guidance(
            cause=Label(en="Detector or roadside unit frozen.", zh="检测器或路侧单元死机。"),
            consequence=Label(en="The link's state is not real.", zh="路段状态失真。"),
            action=Label(
                en="Restart the roadside unit; leave the link out of the signal plan.",
                zh="重启路侧单元，信号配时暂不采用该路段。",
            ),
            respond_within=28_800,
        ),
    ),
    Rule(
        key="speed_silent", label=Label(en="No traffic data", zh="交通数据中断"), on="speed", comparison="no_data", limit=1200,
        priority="low",
        guidance=Guidance(
            cause=Label(en="Power or line of the roadside cabinet.", zh="路侧机柜供电或通信故障。"),
            consequence=Label(en="The link drops out of the city's index.", zh="该路段退出全市指数计算。"),
            action=Label(en="Use the camera; tell the maintenance contractor.", zh="改用视频监控，通知运维单位。"),
            respond_within=14_400,
        ),
    ),
)  # fmt: skip

STANDARDS = (
    Standard(
        key="peak_morning", label=Label(en="Congestion, morning peak", zh="早高峰拥堵指数"), source="TTI", unit="", decimals=1,
        verdict=peak(7, 10),
    ),
    Standard(
        key="peak_evening", label=Label(en="Congestion, evening peak", zh="晚高峰拥堵指数"), source="TTI", unit="", decimals=1,
        verdict=peak(17, 20),
    ),
)  # fmt: skip

DOMAIN = Domain(
    label=Label(en="Traffic", zh="交通"),
    icon=(
        '<rect x="7.5" y="2.5" width="9" height="19" rx="3"/><circle cx="12" cy="7.25" r="1.5"/>'
        '<circle cx="12" cy="12" r="1.5"/><circle cx="12" cy="16.75" r="1.5"/>'
    ),
    order=40,
    metrics=METRICS,
    kpis=KPIS,
    rules=RULES,
    standards=STANDARDS,
    layer=Layer(kind="links", metric="speed"),
    headline=("congestion", "speed_mean"),
    table="congestion",
    trends=("congestion", "speed_mean"),
    sample={
        "sensor": "traffic-link-001", "metric": "speed", "value": 41.5, "time": "2026-11-20T07:00:00.000Z", "unit": "km/h",
        "lon": 114.31, "lat": 22.60, "quality": "good",
    },
)  # fmt: skip
