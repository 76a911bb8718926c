"""The land: rivers, river water quality, noise, rain and slopes of the water, environment and planning bureaus."""

from __future__ import annotations

from collections.abc import Callable

from domains import verdict
from domains.figure import energy_mean, exceeded, fastest_rise, greatest, highest, movement, together, worst_grade
from model import NO_VERDICT, Day, Domain, Figure, Guidance, Kpi, Label, Layer, Metric, Readings, Rule, Standard, Verdict, Worse
from standards.noise import LIMITS, exceedance, is_day, laeq
from standards.surfacewater import WORSE, water_class

CLASS_METRICS = ("ph", "dissolved_oxygen", "permanganate_index", "ammonia_nitrogen", "total_phosphorus")
"""The metrics that GB 3838-2002 classes; their keys are the standard's items."""
LAKES = ("lake", "reservoir")


def worst_class(readings: Readings) -> Figure:
    """The worst class of GB 3838-2002 (6 is worse than class V); column `water_body` of the list says `lake` or `reservoir`."""
    found = together(readings, CLASS_METRICS)
    lakes = {sensor for sensor in found if readings.attribute(sensor, "water_body") in LAKES}
    return worst_grade({sensor: water_class(items, "lake" if sensor in lakes else "river") for sensor, items in found.items()})


def noise_over(readings: Readings) -> Figure:
    """The most dB that a meter's hour is over the limit of its class (column `noise_class` of the list) at this time of day."""
    over = {}
    for sensor, level in readings.means("noise_level", 3600).items():
        zone = readings.attribute(sensor, "noise_class")
        if zone in LIMITS:
            over[sensor] = exceedance(level, zone, readings.local)
    return greatest(over, "noise_level")


def day_class(day: Day) -> Verdict:
    """The worst class of GB 3838-2002 of the day's means; column `water_class` of the list names the class that a place must reach."""
    found = verdict.by_place(day, CLASS_METRICS)
    body = {place: "lake" if day.attribute(place, "water_body") in LAKES else "river" for place in found}
    grades = {place: water_class(items, "lake" if body[place] == "lake" else "river") for place, items in found.items()}
    return verdict.worst_class(grades, verdict.targets(day, found), WORSE - 1, "{}类")


def noise(by_day: bool) -> Callable[[Day], Verdict]:
    """LAeq of the day's or the night's hours of the meter that is furthest over (or nearest to) the limit of its class, GB 3096-2008.

    The night is that of the date: from midnight to morning and from evening to midnight. A meter needs half of the hours.
    """

    def judged(day: Day) -> Verdict:
        chosen = [place for place, hour in enumerate(day.hours) if is_day(hour) == by_day]
        levels, limits = {}, {}
        for meter, hours in sorted(day.hourly("noise_level").items()):
            known = [level for place in chosen if (level := hours[place]) is not None]
            zone = day.attribute(meter, "noise_class")
            if zone in LIMITS and 2 * len(known) >= len(chosen):
                levels[meter], limits[meter] = laeq(known) or 0.0, LIMITS[zone][0 if by_day else 1]
        if not levels:
            return NO_VERDICT
        over = {meter: round(level - limits[meter], 9) for meter, level in levels.items()}
        worst = max(over, key=over.__getitem__)
        zone = day.attribute(worst, "noise_class")
        return Verdict(
            value=levels[worst],
            within=over[worst] <= 0,
            limit=Label(en=f"≤ {limits[worst]:g} (class {zone})", zh=f"≤ {limits[worst]:g}（{zone} 类）"),
            sensor=worst,
            items=("noise_level",),
            passed=(sum(each <= 0 for each in over.values()), len(over)),
            by_sensor=levels,
        )

    return judged


METRICS = (
    Metric(
        key="water_level", label=Label(en="River level", zh="河道水位"), unit="m", valid=(-10, 60), decimals=2, normal=(0, 2), scale=(0, 4),
    ),
    Metric(
        key="discharge", label=Label(en="Discharge", zh="流量"), unit="m³/s", valid=(0, 20_000), decimals=1, normal=(0, 20), scale=(0, 80),
    ),
    Metric(key="ph", label=Label(en="pH", zh="pH"), unit="", valid=(0, 14), decimals=2, normal=(6, 9), scale=(4, 11)),
    Metric(
        key="dissolved_oxygen", label=Label(en="Dissolved oxygen", zh="溶解氧"), short=Label(en="O₂", zh="溶解氧"), unit="mg/L",
        valid=(0, 25), decimals=1, normal=(5, 10), scale=(0, 14),
    ),
    Metric(
        key="permanganate_index", label=Label(en="Permanganate index", zh="高锰酸盐指数"), short=Label(en="COD-Mn", zh="高锰酸盐"),
        unit="mg/L", valid=(0, 200), decimals=1, normal=(0, 6), scale=(0, 16),
    ),
    Metric(
        key="ammonia_nitrogen", label=Label(en="Ammonia nitrogen", zh="氨氮"), short=Label(en="NH₃-N", zh="氨氮"), unit="mg/L",
        valid=(0, 100), decimals=2, normal=(0, 1), scale=(0, 3),
    ),
    Metric(
        key="total_phosphorus", label=Label(en="Total phosphorus", zh="总磷"), short=Label(en="TP", zh="总磷"), unit="mg/L", valid=(0, 50),
        decimals=3, normal=(0, 0.2), scale=(0, 0.6),
    ),
    Metric(
        key="noise_level", label=Label(en="Noise level", zh="噪声级"), unit="dB", valid=(15, 140), decimals=0, normal=(35, 60),
        scale=(30, 90), energetic=True,
    ),
    Metric(
        key="rain_rate", label=Label(en="Rain rate", zh="雨强"), unit="mm/h", valid=(0, 400), decimals=1, normal=(0, 10), scale=(0, 100),
    ),
    Metric(
        key="slope_displacement", label=Label(en="Slope displacement", zh="边坡位移"), unit="mm", valid=(-500, 500), decimals=1,
        normal=(-5, 10), scale=(-10, 50),
    ),
)  # fmt: skip

KPIS = (
    Kpi(
        key="river_highest", label=Label(en="River, highest", zh="河道最高水位"), unit="m", decimals=1, figure=highest("water_level"),
        normal=(0, 2), scale=(0, 4), metric="water_level",
    ),
    Kpi(
        key="noise", label=Label(en="Noise, LAeq", zh="噪声 LAeq"), unit="dB", decimals=0, figure=energy_mean("noise_level"),
        normal=(35, 60), scale=(30, 90), metric="noise_level", by_area=True,
    ),
    Kpi(
        key="rain_hour", label=Label(en="Rain, most in 1 h", zh="最大小时雨量"), unit="mm", decimals=1, figure=highest("rain_rate", 3600),
        normal=(0, 10), scale=(0, 80), metric="rain_rate",
    ),
    Kpi(
        key="surface_class", label=Label(en="Worst water class", zh="最差水质类别"), unit="", decimals=0, figure=worst_class, normal=(1, 3),
        scale=(1, 6),
    ),
    Kpi(
        key="slope_movement", label=Label(en="Slope, moved in 1 h", zh="边坡小时位移"), unit="mm", decimals=1,
        figure=movement("slope_displacement", 3600), normal=(0, 1), scale=(0, 10), metric="slope_displacement",
    ),
    Kpi(
        key="noise_over", label=Label(en="Noise over limit", zh="噪声超标量"), unit="dB", decimals=0, figure=noise_over, normal=(-30, 0),
        scale=(-30, 30), metric="noise_level",
    ),
    Kpi(
        key="noise_l10", label=Label(en="Noise, L10", zh="噪声 L10"), unit="dB", decimals=0, figure=exceeded("noise_level", 3600, 0.1),
        normal=(40, 65), scale=(30, 100), metric="noise_level", by_area=True, shown=False,
    ),
    Kpi(
        key="river_rise", label=Label(en="Fastest rise", zh="最快涨率"), unit="m/h", decimals=2, figure=fastest_rise("water_level", 1800),
        normal=(-0.2, 0.2), scale=(-1, 3), metric="water_level", by_area=True, shown=False,
    ),
)  # fmt: skip

RULES = (
    Rule(
        key="river_high", label=Label(en="River above warning level", zh="河道超警戒水位"), on="water_level", comparison="high", limit=2.5,
        priority="high", deadband=0.1, on_delay=60, off_delay=120, escalate_after=900, re_alarm=3600,
        suppressed_by=("river_danger",),  # and not by silence: the last word of a gauge that the flood takes away must stay
        guidance=Guidance(
            cause=Label(
                en="Heavy rain upstream, a blocked culvert, or a high tide that holds the outlet.",
                zh="上游强降雨、涵洞堵塞或潮水顶托。",
            ),
            consequence=Label(en="Riverside paths and underpasses flood within the half hour.", zh="半小时内滨河步道和下穿通道可能积水。"),
            action=Label(
                en="Look at rain and the gauges upstream; close riverside paths; put pumps and patrols on standby.",
                zh="查看雨量和上游水位；封闭滨河步道；泵站和巡查人员待命。",
            ),
            respond_within=900,
        ),
    ),
    Rule(
        key="river_danger", label=Label(en="River above guarantee level", zh="河道超保证水位"), on="water_level", comparison="high",
        limit=3.5, priority="critical", deadband=0.1, on_delay=60, off_delay=120, re_alarm=900,
        guidance=Guidance(
            cause=Label(en="Flood wave beyond what the banks are built for.", zh="洪水超过堤防设计标准。"),
            consequence=Label(en="The banks overflow; homes along the river are in danger.", zh="河水漫堤，沿河住户受威胁。"),
            action=Label(
                en="Start the flood plan: move the people of the listed low homes, close the road bridges, tell the duty leader.",
                zh="启动防汛预案：转移名册内低洼住户，封闭跨河桥梁，报告值班领导。",
            ),
            respond_within=300,
        ),
    ),
    Rule(
        key="river_rising", label=Label(en="River rising fast", zh="水位陡涨"), on="water_level", comparison="rate", limit=3.0,
        priority="medium", deadband=0.6, on_delay=0, off_delay=120, span=600,
        guidance=Guidance(
            cause=Label(en="Cloudburst in the catchment or a sluice that has opened.", zh="流域短时强降水或闸门开启。"),
            consequence=Label(en="People in the river bed are caught by the wave.", zh="河道内人员可能被山洪围困。"),
            action=Label(
                en="Sound the riverside warning; ask the sluice keeper; watch the next gauge downstream.",
                zh="启动河岸警报；联系闸站值守；关注下游站点。",
            ),
            respond_within=600,
        ),
    ),
    Rule(
        key="rain_heavy", label=Label(en="Heavy rain in an hour", zh="短时强降水"), on="rain_hour", comparison="high", limit=20.0,
        priority="medium", deadband=2.0, on_delay=60, off_delay=180, escalate_after=1800, re_alarm=3600,
        worse=Worse(
            limit=50.0, priority="high", label=Label(en="Torrential rain in an hour", zh="特大短时强降水"),
            guidance=Guidance(
                cause=Label(en="A train of storm cells over the same place.", zh="强对流单体在同一地点列车效应。"),
                consequence=Label(
                    en="Underpasses fill, short streams burst out, slopes fail within the hour.",
                    zh="下穿通道积水，山洪暴发，一小时内可能发生滑坡。",
                ),
                action=Label(
                    en="Close underpasses and trails, stop work on slopes, put the rescue teams on standby.",
                    zh="封闭下穿通道和登山步道，停止边坡作业，抢险队伍待命。",
                ),
                respond_within=600,
            ),
        ),
        guidance=Guidance(
            cause=Label(
                en="Convective cell or typhoon rain band; 20 mm in an hour is short-time heavy rain.",
                zh="强对流或台风雨带；1小时20毫米即为短时强降水。",
            ),
            consequence=Label(en="Ponding, flash floods in short streams, loosened slopes.", zh="内涝积水、山区小流域山洪、边坡失稳。"),
            action=Label(
                en="Compare with radar; check the known ponding points; warn hiking trails and building sites.",
                zh="比对雷达；检查易涝点；提醒登山步道和工地。",
            ),
            respond_within=900,
        ),
    ),
    Rule(
        key="rain_intense", label=Label(en="Cloudburst", zh="暴雨雨强"), on="rain_rate", comparison="high", limit=50.0,
        priority="low", deadband=5.0, on_delay=60, off_delay=120,
        guidance=Guidance(
            cause=Label(en="A convective cell over the gauge.", zh="站点上空强对流单体。"),
            consequence=Label(en="Drains fill; the stream below rises within minutes.", zh="管网满管，下游溪流数分钟内上涨。"),
            action=Label(
                en="Watch the river gauges below; look at the cameras of the ponding points.",
                zh="关注下游水位，调看易涝点视频。",
            ),
            respond_within=900,
        ),
    ),
    Rule(
        key="slope_fast", label=Label(en="Slope moving", zh="边坡变形加速"), on="slope_displacement", comparison="rate", limit=2.0,
        priority="high", deadband=0.5, on_delay=0, off_delay=300, span=3600, escalate_after=900, re_alarm=3600,
        suppressed_by=("slope_failing",),  # and not by silence: a slide takes its instruments along
        guidance=Guidance(
            cause=Label(en="Rain-soaked soil, excavation at the foot, or a disturbed instrument.", zh="降雨入渗、坡脚开挖或仪器扰动。"),
            consequence=Label(en="Landslide possible within hours.", zh="数小时内可能滑坡。"),
            action=Label(
                en="Compare with neighbouring instruments and rain; send a geologist; close the path below.",
                zh="比对相邻仪器和雨量；派地质人员核查；封闭坡下通道。",
            ),
            respond_within=900,
        ),
    ),
    Rule(
        key="slope_failing", label=Label(en="Slope failing", zh="边坡临滑"), on="slope_displacement", comparison="rate", limit=10.0,
        priority="critical", deadband=2.0, on_delay=60, off_delay=300, span=1800, latching=True, re_alarm=600,
        guidance=Guidance(
            cause=Label(en="The slope accelerates towards failure.", zh="坡体加速变形，临近破坏。"),
            consequence=Label(en="Landslide on homes and the road below.", zh="滑坡威胁坡下房屋和道路。"),
            action=Label(
                en="Evacuate below the slope now; close the road; tell emergency management.",
                zh="立即撤离坡下人员，封闭道路，报告应急管理局。",
            ),
            respond_within=180,
        ),
    ),
    Rule(
        key="noise_high", label=Label(en="Noise high", zh="噪声偏高"), on="noise_level", comparison="high", limit=70.0,
        priority="low", deadband=3.0, on_delay=300, off_delay=120, times=2, within=3600,
        guidance=Guidance(
            cause=Label(en="Building work, an event, or traffic.", zh="施工、活动或交通噪声。"),
            consequence=Label(
                en="Over the day limit of every class (GB 3096-2008); complaints follow.",
                zh="超过各类功能区昼间限值（GB 3096-2008），易引发投诉。",
            ),
            action=Label(en="Check night-work permits near by; send a patrol if it lasts.", zh="核查周边夜间施工许可；持续则派员巡查。"),
            respond_within=3600,
        ),
    ),
    Rule(
        key="noise_limit", label=Label(en="Noise over its class limit", zh="噪声超功能区限值"), on="noise_over", comparison="high",
        limit=3.0, priority="low", deadband=1.0, on_delay=1800, off_delay=300,
        guidance=Guidance(
            cause=Label(en="A lasting source, most often building work at night.", zh="持续噪声源，多为夜间施工。"),
            consequence=Label(
                en="The hour is more than 3 dB over the limit of its zone and time of day.",
                zh="小时值超过所在功能区本时段限值3分贝以上。",
            ),
            action=Label(
                en="Open the sensor, listen to the cause with the sub-district, record for enforcement.",
                zh="查看点位，会同街道核实声源，留证转执法。",
            ),
            respond_within=7200,
        ),
    ),
    Rule(
        key="class_poor", label=Label(en="River worse than class V", zh="河流水质劣Ⅴ类"), on="surface_class", comparison="high", limit=5.0,
        priority="medium", deadband=0.0, on_delay=900, off_delay=300,
        guidance=Guidance(
            cause=Label(en="Sewage leak, overflow after rain, or an illegal discharge.", zh="污水渗漏、雨后溢流或偷排。"),
            consequence=Label(en="Fails GB 3838-2002; black and smelly water reaches the bay.", zh="不满足GB 3838-2002，黑臭水体入湾。"),
            action=Label(
                en="See which item decides; check the outfalls upstream; sample for evidence.",
                zh="查看决定性项目，排查上游排口，采样取证。",
            ),
            respond_within=7200,
        ),
    ),
    Rule(
        key="ammonia_high", label=Label(en="Ammonia high", zh="氨氮超标"), on="ammonia_nitrogen", comparison="high", limit=2.0,
        priority="medium", deadband=0.2, on_delay=300, off_delay=300,
        guidance=Guidance(
            cause=Label(en="Sewage in the river.", zh="生活污水入河。"),
            consequence=Label(en="Worse than class V; poisonous to fish.", zh="劣于Ⅴ类，对鱼类有毒。"),
            action=Label(en="Trace upstream along the interceptors; check the pumping stations.", zh="沿截污管上溯排查，检查污水泵站。"),
            respond_within=3600,
        ),
    ),
    Rule(
        key="level_stuck", label=Label(en="River level stuck", zh="水位数值不变"), on="water_level", comparison="stuck", limit=2700,
        priority="low",
        guidance=Guidance(
            cause=Label(
                en="Silted stilling well, debris under the radar, or a frozen logger.",
                zh="测井淤积、雷达下方有杂物或采集器死机。",
            ),
            consequence=Label(en="A flood would not be seen here.", zh="该站无法发现洪水。"),
            action=Label(en="Look at the camera; restart the logger; plan a visit.", zh="调看视频，重启采集器，安排巡检。"),
            respond_within=28_800,
        ),
    ),
    Rule(
        key="level_silent", label=Label(en="No river level", zh="水位数据中断"), on="water_level", comparison="no_data", limit=1800,
        priority="medium", escalate_after=7200,
        guidance=Guidance(
            cause=Label(en="Power or line fault, most often in a thunderstorm.", zh="供电或通信故障，多发于雷雨时段。"),
            consequence=Label(en="Flood warning is blind on this reach.", zh="该河段失去洪水预警能力。"),
            action=Label(
                en="Use the camera and the next gauge; send a technician before the next rain.",
                zh="改用视频和邻站；下次降雨前派员检修。",
            ),
            respond_within=7200,
        ),
    ),
    Rule(
        key="slope_silent", label=Label(en="No slope data", zh="边坡数据中断"), on="slope_displacement", comparison="no_data", limit=7200,
        priority="low",
        guidance=Guidance(
            cause=Label(en="Battery or radio of the instrument.", zh="仪器电池或通信故障。"),
            consequence=Label(en="This slope is not watched.", zh="该边坡失去监测。"),
            action=Label(en="Inspect on foot when rain is forecast; call the contractor.", zh="预报有雨时人工巡查，联系运维单位。"),
            respond_within=28_800,
        ),
    ),
)  # fmt: skip

STANDARDS = (
    Standard(
        key="class_day", label=Label(en="Surface water class, worst", zh="地表水水质类别（最差）"), source="GB 3838-2002", unit="",
        decimals=0, verdict=day_class, classed=True,
    ),
    Standard(
        key="noise_day", label=Label(en="Noise by day", zh="昼间噪声"), source="GB 3096-2008", unit="dB", decimals=0, verdict=noise(True),
    ),
    Standard(
        key="noise_night", label=Label(en="Noise at night", zh="夜间噪声"), source="GB 3096-2008", unit="dB", decimals=0,
        verdict=noise(False),
    ),
)  # fmt: skip

DOMAIN = Domain(
    label=Label(en="Land", zh="陆地"),
    icon='<path d="M2.5 19 9.5 6l4 7.2"/><path d="m11.5 16.5 4-6 6 8.5h-19"/>',
    order=20,
    metrics=METRICS,
    kpis=KPIS,
    rules=RULES,
    standards=STANDARDS,
    layer=Layer(kind="points", metric="water_level"),
    headline=("river_highest", "noise"),
    table="river_highest",
    trends=("river_highest", "rain_hour"),
    sample={
        "sensor": "land-river-01", "metric": "water_level", "value": 1.42, "time": "2026-11-20T07:00:00.000Z", "unit": "m",
        "lon": 114.48, "lat": 22.60, "quality": "good",
    },
)  # fmt: skip
