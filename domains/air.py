"""The air: air quality and weather stations of the environment and meteorological bureaus."""

from __future__ import annotations

from collections.abc import Callable

from domains.figure import greatest, highest, mean, together
from domains.verdict import most
from model import (
    NO_VERDICT,
    Calendar,
    Day,
    Domain,
    Figure,
    Guidance,
    Kpi,
    Label,
    Layer,
    Metric,
    Readings,
    Rule,
    Standard,
    Verdict,
    Worse,
)
from standards import aqi


def worst_aqi(readings: Readings) -> Figure:
    """The worst real-time index of HJ 633 with the station and the pollutant that decided it.

    The hour is the last sixty minutes, so that the index follows the air, and as a clock hour it must be covered for three quarters. The
    edition is that of the site's own date.
    """
    day = readings.local.date()
    particles = moving_particles(readings) if day < aqi.SINCE else {}
    by_sensor, items = {}, {}
    for sensor, hour in together(readings, aqi.POLLUTANTS, 3600, aqi.HOUR_COVERED).items():
        index = aqi.real_time(hour, day, particles.get(sensor))
        if index.value is not None:
            by_sensor[sensor] = float(index.value)
            items[sensor] = max(index.parts, key=lambda pollutant: index.parts[pollutant])
    return greatest(by_sensor, items=items)


def moving_particles(readings: Readings) -> dict[str, dict[str, float | None]]:
    """Moving 24-hour means of PM10 and PM2.5 by station, which the edition of 2012 asks for."""
    found: dict[str, dict[str, float | None]] = {}
    for metric in aqi.PARTICLES:
        for sensor, hours in readings.hourly(metric, 24, aqi.HOUR_COVERED).items():
            found.setdefault(sensor, {})[metric] = aqi.mean(hours, "24h")
    return found


def ozone_8h(readings: Readings) -> Figure:
    """The highest moving 8-hour mean of ozone; a station needs six of the eight hours."""
    means = {sensor: aqi.mean(hours, "8h") for sensor, hours in readings.hourly("o3", 8, aqi.HOUR_COVERED).items()}
    return greatest({sensor: value for sensor, value in means.items() if value is not None}, "o3")


GOOD = 100
"""The greatest index of a day within the standard."""


def day_index(day: Day) -> Verdict:
    """The daily index of HJ 633, of the worst station, with its primary pollutants and how many stations are within."""
    hours = {metric: day.hourly(metric, aqi.HOUR_COVERED) for metric in aqi.POLLUTANTS}
    found: dict[str, aqi.Aqi] = {}
    for station in {station for of in hours.values() for station in of}:
        means = {metric: aqi.mean(of[station], "24h") for metric, of in hours.items() if station in of}
        ozone = hours["o3"].get(station, ())
        o3_1h = max((hour for hour in ozone if hour is not None), default=None)
        index = aqi.daily(means, aqi.greatest_8h(ozone), day.date, o3_1h)
        if index.value is not None:
            found[station] = index
    if not found:
        return NO_VERDICT
    by_station = {station: float(found[station].value or 0) for station in sorted(found)}
    worst = max(by_station, key=by_station.__getitem__)
    level = aqi.level(int(by_station[worst]))
    return Verdict(
        value=by_station[worst],
        grade=Label(en=level.en, zh=level.zh),
        within=by_station[worst] <= GOOD,
        limit=Label(en=f"≤ {GOOD}", zh=f"≤ {GOOD}"),
        source=aqi.source(day.date),
        sensor=worst,
        items=found[worst].primary,
        passed=(sum(value <= GOOD for value in by_station.values()), len(by_station)),
        by_sensor=by_station,
    )


def day_mean(pollutant: str) -> Callable[[Day], Verdict]:
    """The greatest 24-hour mean of a pollutant against class 2 of GB 3095; a station needs 20 of its hours."""

    def verdict(day: Day) -> Verdict:
        means = {station: aqi.mean(hours, "24h") for station, hours in day.hourly(pollutant, aqi.HOUR_COVERED).items()}
        return most(means, aqi.limit(pollutant, "24h", day.date), (pollutant,))

    return verdict


def day_ozone(day: Day) -> Verdict:
    """The greatest moving 8-hour mean of ozone against class 2 of GB 3095."""
    means = {station: aqi.greatest_8h(hours) for station, hours in day.hourly("o3", aqi.HOUR_COVERED).items()}
    return most(means, aqi.limit("o3", "8h", day.date), ("o3",))


METRICS = (
    Metric(
        key="pm2_5", label=Label(en="PM2.5", zh="PM2.5"), short=Label(en="PM2.5", zh="PM2.5"), unit="µg/m³", valid=(0, 1500), decimals=0,
        normal=(0, 35), scale=(0, 150),
    ),
    Metric(
        key="pm10", label=Label(en="PM10", zh="PM10"), short=Label(en="PM10", zh="PM10"), unit="µg/m³", valid=(0, 3000), decimals=0,
        normal=(0, 50), scale=(0, 250),
    ),
    Metric(
        key="so2", label=Label(en="Sulphur dioxide", zh="二氧化硫"), short=Label(en="SO₂", zh="二氧化硫"), unit="µg/m³", valid=(0, 5000),
        decimals=0, normal=(0, 50), scale=(0, 500),
    ),
    Metric(
        key="no2", label=Label(en="Nitrogen dioxide", zh="二氧化氮"), short=Label(en="NO₂", zh="二氧化氮"), unit="µg/m³", valid=(0, 5000),
        decimals=0, normal=(0, 100), scale=(0, 250),
    ),
    Metric(
        key="o3", label=Label(en="Ozone", zh="臭氧"), short=Label(en="O₃", zh="臭氧"), unit="µg/m³", valid=(0, 1500), decimals=0,
        normal=(0, 160), scale=(0, 300),
    ),
    Metric(
        key="co", label=Label(en="Carbon monoxide", zh="一氧化碳"), short=Label(en="CO", zh="一氧化碳"), unit="mg/m³", valid=(0, 100),
        decimals=1, normal=(0, 4), scale=(0, 12),
    ),
    Metric(
        key="temperature", label=Label(en="Air temperature", zh="气温"), unit="°C", valid=(-50, 55), decimals=1, normal=(8, 33),
        scale=(-5, 42),
    ),
    Metric(
        key="humidity", label=Label(en="Relative humidity", zh="相对湿度"), unit="%", valid=(0, 100), decimals=0, normal=(40, 95),
        scale=(0, 100),
    ),
    Metric(
        key="pressure", label=Label(en="Air pressure", zh="气压"), unit="hPa", valid=(500, 1090), decimals=1, normal=(995, 1030),
        scale=(960, 1045),
    ),
    Metric(
        key="wind_speed", label=Label(en="Wind speed", zh="风速"), unit="m/s", valid=(0, 90), decimals=1, normal=(0, 10.8), scale=(0, 35),
    ),
    Metric(
        key="wind_direction", label=Label(en="Wind direction", zh="风向"), unit="°", valid=(0, 360), decimals=0, normal=(0, 360),
        scale=(0, 360), circular=True,
    ),
    Metric(
        key="rain", label=Label(en="Rain in the hour", zh="小时雨量"), unit="mm", valid=(0, 300), decimals=1, normal=(0, 10), scale=(0, 80),
    ),
    Metric(
        key="health_index", label=Label(en="Air quality health index", zh="空气质素健康指数"), short=Label(en="AQHI", zh="健康指数"),
        unit="", valid=(1, 11), decimals=0, normal=(1, 6), scale=(1, 11),
    ),
)  # fmt: skip

KPIS = (
    Kpi(
        key="aqi_worst", label=Label(en="Worst air index", zh="最差空气质量指数"), unit="", decimals=0, figure=worst_aqi, normal=(0, 100),
        scale=(0, 300),
    ),
    Kpi(
        key="pm2_5_mean", label=Label(en="PM2.5", zh="PM2.5"), unit="µg/m³", decimals=0, figure=mean("pm2_5", 3600), normal=(0, 35),
        scale=(0, 150), metric="pm2_5", by_area=True,
    ),
    Kpi(
        key="pm10_mean", label=Label(en="PM10", zh="PM10"), unit="µg/m³", decimals=0, figure=mean("pm10", 3600), normal=(0, 50),
        scale=(0, 250), metric="pm10",
    ),
    Kpi(
        key="o3_8h", label=Label(en="O₃ 8 h", zh="臭氧 8 小时"), unit="µg/m³", decimals=0, figure=ozone_8h, normal=(0, 100), scale=(0, 265),
        metric="o3",
    ),
    Kpi(
        key="no2_mean", label=Label(en="NO₂", zh="二氧化氮"), unit="µg/m³", decimals=0, figure=mean("no2", 3600), normal=(0, 100),
        scale=(0, 250), metric="no2",
    ),
    Kpi(
        key="health_highest", label=Label(en="Highest health index", zh="最高健康指数"), unit="", decimals=0,
        figure=highest("health_index"), normal=(1, 6), scale=(1, 11), metric="health_index", shown=False,
    ),
)  # fmt: skip

RULES = (
    Rule(
        key="aqi_polluted", label=Label(en="Air polluted", zh="空气质量超标"), on="aqi_worst", comparison="high", limit=100.0,
        priority="medium", deadband=5.0, on_delay=300, off_delay=180, re_alarm=14_400, suppressed_by=("feed_down", "aqi_heavy"),
        guidance=Guidance(
            cause=Label(
                en="Ozone on a hot still afternoon, haze brought in from the north, or a local source.",
                zh="高温静稳下臭氧生成、北方污染输送或本地污染源。",
            ),
            consequence=Label(
                en="Lightly polluted or worse by HJ 633: children, the old and the sick are affected.",
                zh="按HJ 633达轻度污染及以上，儿童、老人和患者受影响。",
            ),
            action=Label(
                en="See which pollutant decides and how many stations agree; publish the health advice; check sources upwind.",
                zh="查看首要污染物和超标站数；发布健康提示；排查上风向污染源。",
            ),
            respond_within=3600,
        ),
    ),
    Rule(
        key="aqi_heavy", label=Label(en="Air heavily polluted", zh="重度污染"), on="aqi_worst", comparison="high", limit=200.0,
        priority="high", deadband=10.0, on_delay=300, off_delay=300, escalate_after=1800, re_alarm=7200,
        guidance=Guidance(
            cause=Label(en="Regional haze, dust storm or a large fire.", zh="区域性霾、沙尘或大型火灾。"),
            consequence=Label(
                en="Everybody is affected; outdoor work and school sport must stop.",
                zh="所有人群受影响，应停止户外作业和体育课。",
            ),
            action=Label(
                en="Start the heavy pollution plan at its level; tell schools and building sites; make the reductions listed.",
                zh="按级别启动重污染天气应急预案，通知学校和工地，落实减排清单。",
            ),
            respond_within=1800,
        ),
    ),
    Rule(
        key="ozone_8h_high", label=Label(en="Ozone 8 h over the standard", zh="臭氧8小时超标"), on="o3_8h", comparison="high", limit=160.0,
        priority="medium", deadband=5.0, on_delay=0, off_delay=300,
        guidance=Guidance(
            cause=Label(en="Sun, heat and solvent vapours; weak sea breeze.", zh="强日照、高温与挥发性有机物排放，海风弱。"),
            consequence=Label(en="Over class 2 of GB 3095; the day counts as polluted.", zh="超过GB 3095二级标准，当日计为污染天。"),
            action=Label(
                en="Ask painting and filling stations to shift to the evening; publish the advice to stay in at noon.",
                zh="督促涂装作业和加油站错峰；发布午后减少外出提示。",
            ),
            respond_within=3600,
        ),
    ),
    Rule(
        key="ozone_high", label=Label(en="Ozone high", zh="臭氧偏高"), on="o3", comparison="high", limit=200.0,
        priority="medium", deadband=10.0, on_delay=120, off_delay=120,
        guidance=Guidance(
            cause=Label(en="Photochemical episode, or titration missing downwind of traffic.", zh="光化学污染过程或下风向缺少滴定。"),
            consequence=Label(
                en="Over the hourly limit of GB 3095 class 2; eyes and lungs are irritated.",
                zh="超过GB 3095二级小时限值，刺激眼睛和呼吸道。",
            ),
            action=Label(
                en="Compare with neighbours and NO₂ to rule out the instrument; publish the health advice.",
                zh="与邻站及二氧化氮比对排除仪器问题；发布健康提示。",
            ),
            respond_within=1800,
        ),
    ),
    Rule(
        key="pm2_5_high", label=Label(en="PM2.5 high", zh="PM2.5偏高"), on="pm2_5", comparison="high", limit=115.0,
        priority="medium", deadband=10.0, on_delay=120, off_delay=120, re_alarm=7200,
        worse=Worse(
            limit=250.0, priority="high", label=Label(en="PM2.5 very high", zh="PM2.5严重超标"),
            guidance=Guidance(
                cause=Label(
                    en="A fire or an industrial accident upwind, if the neighbours are clean.", zh="邻站正常时，多为上风向火灾或工业事故。"
                ),
                consequence=Label(en="Severely polluted: everybody near by is affected.", zh="相当于严重污染，周边人群均受影响。"),
                action=Label(
                    en="Ask the fire service at once; tell people downwind to stay in and shut windows.",
                    zh="立即询问消防；通知下风向居民关窗、留在室内。",
                ),
                respond_within=900,
            ),
        ),
        guidance=Guidance(
            cause=Label(
                en="Smoke near by: open burning, a fire, fireworks or dust from works.",
                zh="附近有烟：露天焚烧、火情、烟花或施工扬尘。",
            ),
            consequence=Label(en="Moderately polluted while it lasts.", zh="持续期间相当于中度污染。"),
            action=Label(en="Look upwind on the cameras; ask the fire service; send a patrol.", zh="调看上风向视频，询问消防，派员巡查。"),
            respond_within=1800,
        ),
    ),
    Rule(
        key="pm2_5_jump", label=Label(en="PM2.5 changing fast", zh="PM2.5骤变"), on="pm2_5", comparison="rate", limit=300.0,
        priority="low", deadband=60.0, on_delay=60, off_delay=120, span=600, times=2, within=3600,
        guidance=Guidance(
            cause=Label(en="A plume passes, or the sampler's filter tape failed.", zh="烟羽过境或采样纸带故障。"),
            consequence=Label(en="An early sign of smoke, or bad data in the index.", zh="可能是火情先兆，也可能是异常数据。"),
            action=Label(
                en="Compare with PM10 and the neighbours; mark the data if the instrument is at fault.",
                zh="与PM10和邻站比对，若为仪器问题则标记数据。",
            ),
            respond_within=3600,
        ),
    ),
    Rule(
        key="gale", label=Label(en="Gale", zh="大风"), on="wind_speed", comparison="high", limit=17.2,
        priority="medium", deadband=2.0, on_delay=120, off_delay=180, escalate_after=900,
        worse=Worse(
            limit=24.5, priority="high", label=Label(en="Storm", zh="狂风"),
            guidance=Guidance(
                cause=Label(en="The eye wall or a squall; 24.5 m/s is Beaufort 10.", zh="台风眼壁或飑线；24.5米/秒为10级。"),
                consequence=Label(
                    en="Trees fall, sheds and hoardings fly; nobody is safe outside.", zh="树木倒伏，棚架和广告牌被掀飞，户外危险。"
                ),
                action=Label(
                    en="Stop buses and ferries, close parks and bridges, tell people to stay in; open the shelters.",
                    zh="停运公交和轮渡，关闭公园和大桥，要求人员留在室内，开放避难场所。",
                ),
                respond_within=600,
            ),
        ),
        guidance=Guidance(
            cause=Label(en="Typhoon, cold surge or thunderstorm; 17.2 m/s is Beaufort 8.", zh="台风、冷空气或雷暴；17.2米/秒为8级。"),
            consequence=Label(en="Branches, hoardings and cranes become dangerous.", zh="树枝、广告牌和塔吊构成危险。"),
            action=Label(
                en="Check the warning in force; stop cranes and work at height; tell parks and the coast.",
                zh="核对预警信号，停止塔吊和高处作业，通知公园和沿海。",
            ),
            respond_within=900,
        ),
    ),
    Rule(
        key="heat", label=Label(en="Great heat", zh="高温"), on="temperature", comparison="high", limit=37.0,
        priority="low", deadband=0.5, on_delay=600, off_delay=300, calendar=Calendar(hours=(8, 20)),  # it is about work outdoors
        guidance=Guidance(
            cause=Label(en="Subsidence before a typhoon, or a heat wave.", zh="台风外围下沉气流或热浪。"),
            consequence=Label(en="Heat stroke among outdoor workers.", zh="户外作业人员易中暑。"),
            action=Label(
                en="Check the heat warning; stop outdoor work at noon; open the cooling rooms.",
                zh="核对高温预警，停止午间户外作业，开放纳凉点。",
            ),
            respond_within=7200,
        ),
    ),
    Rule(
        key="pm2_5_stuck", label=Label(en="PM2.5 reading stuck", zh="PM2.5数值不变"), on="pm2_5", comparison="stuck", limit=14_400,
        priority="low",
        guidance=Guidance(
            cause=Label(en="Sampler stopped or filter tape at its end.", zh="采样泵停机或纸带用尽。"),
            consequence=Label(en="The station's index is not real.", zh="该站指数失真。"),
            action=Label(en="Restart the analyser; call the contractor.", zh="重启分析仪，联系运维单位。"),
            respond_within=28_800,
        ),
    ),
    Rule(
        key="pm2_5_silent", label=Label(en="No air data", zh="空气数据中断"), on="pm2_5", comparison="no_data", limit=10_800,
        priority="low",
        guidance=Guidance(
            cause=Label(en="Power, line or logger of the station.", zh="站房供电、通信或数采仪故障。"),
            consequence=Label(en="Hours are lost; fewer than 20 make the day's mean void.", zh="小时数据缺失，不足20个时日均值无效。"),
            action=Label(en="Call the station; ask for the data to be sent again.", zh="联系站点，要求补传数据。"),
            respond_within=14_400,
        ),
    ),
)  # fmt: skip

STANDARDS = (
    Standard(
        key="aqi_day", label=Label(en="Air quality index", zh="空气质量指数"), source="HJ 633", unit="", decimals=0, verdict=day_index,
    ),
    Standard(
        key="o3_day", label=Label(en="O₃, highest 8 h", zh="臭氧最大 8 小时"), source="GB 3095", unit="µg/m³", decimals=0,
        verdict=day_ozone,
    ),
    Standard(
        key="pm2_5_day", label=Label(en="PM2.5, 24 h", zh="PM2.5 24 小时"), source="GB 3095", unit="µg/m³", decimals=0,
        verdict=day_mean("pm2_5"),
    ),
    Standard(
        key="pm10_day", label=Label(en="PM10, 24 h", zh="PM10 24 小时"), source="GB 3095", unit="µg/m³", decimals=0,
        verdict=day_mean("pm10"),
    ),
    Standard(
        key="no2_day", label=Label(en="NO₂, 24 h", zh="二氧化氮 24 小时"), source="GB 3095", unit="µg/m³", decimals=0,
        verdict=day_mean("no2"),
    ),
    Standard(
        key="so2_day", label=Label(en="SO₂, 24 h", zh="二氧化硫 24 小时"), source="GB 3095", unit="µg/m³", decimals=0,
        verdict=day_mean("so2"),
    ),
    Standard(
        key="co_day", label=Label(en="CO, 24 h", zh="一氧化碳 24 小时"), source="GB 3095", unit="mg/m³", decimals=1,
        verdict=day_mean("co"),
    ),
)  # fmt: skip

DOMAIN = Domain(
    label=Label(en="Air", zh="空气"),
    icon=(
        '<path d="M3 8.5h10.5a2.75 2.75 0 1 0-2.7-3.3"/><path d="M3 12.5h15.5a2.75 2.75 0 1 1-2.7 3.3"/>'
        '<path d="M3 16.5h7.5a2.25 2.25 0 1 1-2.2 2.7"/>'
    ),
    order=30,
    metrics=METRICS,
    kpis=KPIS,
    rules=RULES,
    standards=STANDARDS,
    layer=Layer(kind="columns", metric="pm2_5", height=2500),
    headline=("aqi_worst", "pm2_5_mean"),
    table="aqi_worst",
    trends=("o3_8h", "pm2_5_mean"),
    sample={
        "sensor": "air-station-01", "metric": "pm2_5", "value": 23, "time": "2026-11-20T07:00:00.000Z", "unit": "ug/m3",
        "lon": 114.42, "lat": 22.63, "quality": "good",
    },
)  # fmt: skip
