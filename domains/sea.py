"""The sea: buoys, tide gauges and bathing beaches of the marine bureau."""

from __future__ import annotations

from domains import verdict
from domains.figure import highest, lowest, mean, worst_of
from model import Calendar, Day, Domain, Figure, Guidance, Kpi, Label, Layer, Metric, Readings, Rule, Standard, Verdict, Worse
from standards.seawater import WORSE, item_classes, water_class

CLASS_METRICS = (
    "ph", "dissolved_oxygen", "cod", "bod5", "inorganic_nitrogen", "unionised_ammonia", "phosphate", "petroleum",
)  # fmt: skip
"""The metrics that GB 3097-1997 classes; their keys are the standard's items."""


def worst_class(readings: Readings) -> Figure:
    """The worst class of GB 3097-1997 (5 is worse than class 4), from the newest readings of each place."""
    return worst_of(readings, CLASS_METRICS, item_classes)


def day_class(day: Day) -> Verdict:
    """The worst class of GB 3097-1997 of the day's means; column `water_class` of the list names the class that a place must reach."""
    found = verdict.by_place(day, CLASS_METRICS)
    return verdict.worst_class(
        {place: water_class(items) for place, items in found.items()}, verdict.targets(day, found), WORSE - 1, "{}类"
    )


METRICS = (
    Metric(
        key="dissolved_oxygen", label=Label(en="Dissolved oxygen", zh="溶解氧"), short=Label(en="O₂", zh="溶解氧"),
        unit="mg/L", valid=(0, 25), decimals=1, normal=(5, 9), scale=(0, 12),
    ),
    Metric(
        key="water_temperature", label=Label(en="Water temperature", zh="水温"), unit="°C", valid=(-2, 45), decimals=1, normal=(14, 31),
        scale=(0, 40),
    ),
    Metric(key="salinity", label=Label(en="Salinity", zh="盐度"), unit="psu", valid=(0, 45), decimals=1, normal=(26, 35), scale=(0, 40)),
    Metric(key="ph", label=Label(en="pH", zh="pH"), unit="", valid=(0, 14), decimals=2, normal=(7.8, 8.5), scale=(6, 10)),
    Metric(key="turbidity", label=Label(en="Turbidity", zh="浊度"), unit="NTU", valid=(0, 4000), decimals=1, normal=(0, 10), scale=(0, 60)),
    Metric(
        key="chlorophyll_a", label=Label(en="Chlorophyll a", zh="叶绿素a"), unit="µg/L", valid=(0, 1000), decimals=1, normal=(0, 10),
        scale=(0, 40),
    ),
    Metric(
        key="inorganic_nitrogen", label=Label(en="Inorganic nitrogen", zh="无机氮"), short=Label(en="DIN", zh="无机氮"),
        unit="mg/L", valid=(0, 100), decimals=3, normal=(0, 0.3), scale=(0, 1),
    ),
    Metric(
        key="phosphate", label=Label(en="Reactive phosphate", zh="活性磷酸盐"), short=Label(en="PO₄", zh="磷酸盐"),
        unit="mg/L", valid=(0, 50), decimals=3, normal=(0, 0.03), scale=(0, 0.1),
    ),
    Metric(
        key="unionised_ammonia", label=Label(en="Un-ionised ammonia", zh="非离子氨"), short=Label(en="NH₃", zh="非离子氨"),
        unit="mg/L", valid=(0, 50), decimals=3, normal=(0, 0.02), scale=(0, 0.1),
    ),
    Metric(
        key="cod", label=Label(en="Chemical oxygen demand", zh="化学需氧量"), short=Label(en="COD", zh="COD"),
        unit="mg/L", valid=(0, 200), decimals=1, normal=(0, 3), scale=(0, 8),
    ),
    Metric(
        key="bod5", label=Label(en="Biochemical oxygen demand", zh="生化需氧量"), short=Label(en="BOD₅", zh="BOD₅"),
        unit="mg/L", valid=(0, 200), decimals=1, normal=(0, 3), scale=(0, 8),
    ),
    Metric(
        key="petroleum", label=Label(en="Petroleum", zh="石油类"), short=Label(en="Oil", zh="石油类"),
        unit="mg/L", valid=(0, 100), decimals=2, normal=(0, 0.05), scale=(0, 0.6),
    ),
    Metric(
        key="e_coli", label=Label(en="E. coli", zh="大肠埃希氏菌"), unit="cfu/100mL", valid=(0, 10_000_000), decimals=0, normal=(0, 180),
        scale=(0, 1000),
    ),
    Metric(key="wave_height", label=Label(en="Wave height", zh="浪高"), unit="m", valid=(0, 25), decimals=1, normal=(0, 1.5), scale=(0, 4)),
    Metric(
        key="wave_period", label=Label(en="Wave period", zh="波周期"), unit="s", valid=(0, 40), decimals=1, normal=(2, 12), scale=(0, 20),
    ),
    Metric(
        key="tide_level", label=Label(en="Tide level", zh="潮位"), unit="m", valid=(-5, 12), decimals=2, normal=(0, 2.8), scale=(-0.5, 4.5),
    ),
    Metric(
        key="current_speed", label=Label(en="Current speed", zh="流速"), unit="m/s", valid=(0, 6), decimals=2, normal=(0, 1), scale=(0, 2),
    ),
    Metric(
        key="current_direction", label=Label(en="Current direction", zh="流向"), unit="°", valid=(0, 360), decimals=0,
        normal=(0, 360), scale=(0, 360), circular=True,
    ),
    Metric(
        key="wind_speed", label=Label(en="Wind speed", zh="风速"), unit="m/s", valid=(0, 90), decimals=1, normal=(0, 10.8), scale=(0, 35),
    ),
    Metric(
        key="wind_direction", label=Label(en="Wind direction", zh="风向"), unit="°", valid=(0, 360), decimals=0,
        normal=(0, 360), scale=(0, 360), circular=True,
    ),
    Metric(
        key="pressure", label=Label(en="Air pressure", zh="气压"), unit="hPa", valid=(850, 1090), decimals=1, normal=(995, 1030),
        scale=(960, 1045),
    ),
    Metric(
        key="air_temperature", label=Label(en="Air temperature", zh="气温"), unit="°C", valid=(-50, 55), decimals=1, normal=(8, 33),
        scale=(-5, 42),
    ),
)  # fmt: skip

KPIS = (
    Kpi(
        key="oxygen_lowest", label=Label(en="Lowest oxygen", zh="最低溶解氧"), unit="mg/L", decimals=1, figure=lowest("dissolved_oxygen"),
        normal=(5, 9), scale=(0, 12), metric="dissolved_oxygen", by_area=True,
    ),
    Kpi(
        key="wave_highest", label=Label(en="Wave height", zh="浪高"), unit="m", decimals=1, figure=highest("wave_height", 600),
        normal=(0, 1.5), scale=(0, 4), metric="wave_height",
    ),
    Kpi(
        key="water_class", label=Label(en="Worst water class", zh="最差水质类别"), unit="", decimals=0, figure=worst_class, normal=(1, 2),
        scale=(1, 5),
    ),
    Kpi(
        key="tide_highest", label=Label(en="Tide level", zh="潮位"), unit="m", decimals=2, figure=highest("tide_level", 300),
        normal=(0, 2.8), scale=(-0.5, 4.5), metric="tide_level",
    ),
    Kpi(
        key="temperature_mean", label=Label(en="Water temperature", zh="平均水温"), unit="°C", decimals=1, figure=mean("water_temperature"),
        normal=(14, 31), scale=(0, 40), metric="water_temperature",
    ),
    Kpi(
        key="current_fastest", label=Label(en="Strongest current", zh="最大流速"), unit="m/s", decimals=2,
        figure=highest("current_speed", 600),
        normal=(0, 1), scale=(0, 2), metric="current_speed",
    ),
)  # fmt: skip

RULES = (
    Rule(
        key="oxygen_low", label=Label(en="Low oxygen", zh="溶解氧低"), on="dissolved_oxygen", comparison="low", limit=4.0,
        priority="high", deadband=0.3, on_delay=60, off_delay=120, escalate_after=1800, re_alarm=7200,
        worse=Worse(
            limit=2.0, priority="critical", label=Label(en="Water without oxygen", zh="水体缺氧"),
            guidance=Guidance(
                cause=Label(en="A bloom has died, or bottom water has risen.", zh="藻华消亡或底层缺氧水体上翻。"),
                consequence=Label(en="Hypoxia: caged fish die within the hour.", zh="低氧状态：网箱鱼类一小时内死亡。"),
                action=Label(
                    en="Call every fish farm of the bay: aerate, tow cages or harvest now. Warn the fisheries bureau; keep bathers out.",
                    zh="逐户通知湾内养殖户立即增氧、拖移网箱或抢收；通报渔业部门；劝离游泳人员。",
                ),
                respond_within=600,
            ),
        ),
        guidance=Guidance(
            cause=Label(
                en="Algae dying off, sewage or river run-off, or stratified water in calm heat.",
                zh="藻类消亡、污水或河流径流入海，或高温静稳天气水体分层。",
            ),
            consequence=Label(
                en="Worse than class 3: fish in cages surface and die within hours.",
                zh="劣于三类海水：网箱鱼类浮头，数小时内可能死亡。",
            ),
            action=Label(
                en="Compare with chlorophyll and neighbouring buoys. Tell fish farms to aerate and stop feeding; send a boat to sample.",
                zh="核对叶绿素及邻近浮标；通知养殖户增氧、停止投饵；派船现场采样复核。",
            ),
            respond_within=1800,
        ),
    ),
    Rule(
        key="overtopping", label=Label(en="Sea wall overtopping level", zh="潮位超警戒"), on="tide_highest", comparison="high", limit=3.4,
        priority="critical", deadband=0.1, on_delay=60, off_delay=120, re_alarm=900,
        guidance=Guidance(
            cause=Label(en="Storm surge on a spring tide.", zh="风暴潮叠加天文大潮。"),
            consequence=Label(
                en="Waves go over the sea wall; promenades, basements and low roads flood.",
                zh="海浪越堤，滨海步道、地下空间和低洼道路受淹。",
            ),
            action=Label(
                en="Close promenade and flood gates, evacuate the waterfront, start the surge plan; tell traffic police and sub-districts.",
                zh="关闭滨海栈道和防潮闸，疏散沿岸人员，启动风暴潮应急预案；通报交警和街道。",
            ),
            respond_within=300,
        ),
    ),
    Rule(
        key="level_jump", label=Label(en="Sudden change of sea level", zh="潮位异常骤变"), on="tide_level", comparison="rate", limit=2.5,
        priority="critical", deadband=0.5, on_delay=60, off_delay=180, span=600, latching=True, re_alarm=600,
        guidance=Guidance(
            cause=Label(en="Tsunami or seiche; a single gauge may also be faulty.", zh="海啸或假潮；单站异常也可能是仪器故障。"),
            consequence=Label(
                en="Strong currents and flooding of harbours and beaches within minutes.",
                zh="数分钟内港口、浴场出现强流和淹没。",
            ),
            action=Label(
                en="Look at the other gauges at once. If two agree, clear beaches and harbours and ask the tsunami warning centre.",
                zh="立即核对其他验潮站；两站一致时疏散浴场和港口人员，并向海啸预警中心核实。",
            ),
            respond_within=180,
        ),
    ),
    Rule(
        key="waves_high", label=Label(en="High waves", zh="大浪"), on="wave_height", comparison="high", limit=2.5,
        priority="medium", deadband=0.3, on_delay=300, off_delay=180, escalate_after=1800, re_alarm=10_800,
        guidance=Guidance(
            cause=Label(en="Cold surge, typhoon or a squall line off the coast.", zh="冷空气、台风或近海飑线。"),
            consequence=Label(
                en="Rough sea: small boats, rafts and bathers are in danger.",
                zh="海况达大浪：小型船舶、渔排和游泳人员有危险。",
            ),
            action=Label(
                en="Close the beaches, recall small boats, warn rafts; check that the wave warning has gone out.",
                zh="关闭浴场，召回小型船舶，提醒渔排人员上岸；确认海浪警报已发布。",
            ),
            respond_within=900,
        ),
    ),
    Rule(
        key="bloom", label=Label(en="Algal bloom", zh="藻华征兆"), on="chlorophyll_a", comparison="high", limit=20.0,
        priority="low", deadband=3.0, on_delay=300, off_delay=300,
        guidance=Guidance(
            cause=Label(en="Nutrients after rain, then sun and calm water.", zh="雨后营养盐输入，随后晴热静稳。"),
            consequence=Label(en="Red tide within days; oxygen falls when it dies.", zh="数日内可能形成赤潮，消亡时溶解氧下降。"),
            action=Label(en="Sample for species and toxins; watch oxygen at dawn.", zh="采样鉴定藻种和毒素；关注清晨溶解氧。"),
            respond_within=14_400,
        ),
    ),
    Rule(
        key="bathing_bacteria", label=Label(en="Bathing water bacteria", zh="浴场细菌超标"), on="e_coli", comparison="high", limit=610,
        priority="medium", deadband=60, on_delay=0, off_delay=300, calendar=Calendar(hours=(6, 20)),  # while the beaches are open
        guidance=Guidance(
            cause=Label(en="Storm drains and sewer overflows after rain.", zh="雨后雨水口或污水溢流入海。"),
            consequence=Label(en="Bathers may fall ill.", zh="游泳者有感染风险。"),
            action=Label(
                en="Put up the no-bathing sign and announce it; trace the outfall; sample again in 24 h.",
                zh="设置禁泳标识并发布提示；溯源排口；24小时后复测。",
            ),
            respond_within=3600,
        ),
    ),
    Rule(
        key="class_poor", label=Label(en="Water worse than class 4", zh="水质劣于四类"), on="water_class", comparison="high", limit=4.0,
        priority="medium", deadband=0, on_delay=900, off_delay=300, re_alarm=28_800,
        guidance=Guidance(
            cause=Label(en="Discharge from land, run-off or water exchange that has stopped.", zh="陆源排放、径流或水体交换受阻。"),
            consequence=Label(
                en="Fails the standard for every use of the sea (GB 3097-1997).",
                zh="不满足任何海域使用功能（GB 3097-1997）。",
            ),
            action=Label(
                en="See which item decides; check the outfalls nearest to it; sample.",
                zh="查看决定性项目，排查就近排口并采样复核。",
            ),
            respond_within=7200,
        ),
    ),
    Rule(
        key="oxygen_stuck", label=Label(en="Oxygen reading stuck", zh="溶解氧数值不变"), on="dissolved_oxygen", comparison="stuck",
        limit=2700, priority="low",
        guidance=Guidance(
            cause=Label(en="Fouled membrane, wiper fault or frozen logger.", zh="探头污损、清洁刷故障或采集器死机。"),
            consequence=Label(en="A fall of oxygen would not be seen.", zh="无法发现溶解氧下降。"),
            action=Label(en="Restart the logger remotely; plan cleaning.", zh="远程重启采集器，安排清洗维护。"),
            respond_within=86_400,
        ),
    ),
    Rule(
        key="oxygen_silent", label=Label(en="No oxygen data", zh="溶解氧数据中断"), on="dissolved_oxygen", comparison="no_data", limit=900,
        priority="low",
        guidance=Guidance(
            cause=Label(en="Radio link, battery or mooring.", zh="通信链路、电池或锚系问题。"),
            consequence=Label(en="This water is not watched.", zh="该海域失去监测。"),
            action=Label(
                en="Check the buoy's position and battery; call the maintenance contractor.",
                zh="检查浮标位置和电量，联系运维单位。",
            ),
            respond_within=28_800,
        ),
    ),
    Rule(
        key="tide_silent", label=Label(en="No tide data", zh="潮位数据中断"), on="tide_level", comparison="no_data", limit=600,
        priority="medium", escalate_after=7200,
        guidance=Guidance(
            cause=Label(en="Gauge or line fault.", zh="验潮仪或通信故障。"),
            consequence=Label(en="Surge warning is blind here.", zh="该岸段风暴潮预警失去依据。"),
            action=Label(
                en="Use the next gauge; send a technician before the next high water.",
                zh="改用邻近验潮站；下一次高潮前派员检修。",
            ),
            respond_within=7200,
        ),
    ),
)  # fmt: skip

STANDARDS = (
    Standard(
        key="class_day", label=Label(en="Sea water class, worst", zh="海水水质类别（最差）"), source="GB 3097-1997", unit="", decimals=0,
        verdict=day_class, classed=True,
    ),
)  # fmt: skip

DOMAIN = Domain(
    label=Label(en="Sea", zh="海洋"),
    icon=(
        '<path d="M3 7c2 0 2 2 4.5 2s2.5-2 4.5-2 2 2 4.5 2 2.5-2 4.5-2"/>'
        '<path d="M3 12c2 0 2 2 4.5 2s2.5-2 4.5-2 2 2 4.5 2 2.5-2 4.5-2"/>'
        '<path d="M3 17c2 0 2 2 4.5 2s2.5-2 4.5-2 2 2 4.5 2 2.5-2 4.5-2"/>'
    ),
    order=10,
    metrics=METRICS,
    kpis=KPIS,
    rules=RULES,
    standards=STANDARDS,
    layer=Layer(kind="points", metric="dissolved_oxygen"),
    headline=("oxygen_lowest", "wave_highest"),
    table="oxygen_lowest",
    trends=("oxygen_lowest", "tide_highest"),
    sample={
        "sensor": "sea-buoy-03", "metric": "dissolved_oxygen", "value": 6.21, "time": "2026-11-20T07:00:00.250Z", "unit": "mg/L",
        "lon": 114.53, "lat": 22.58, "quality": "good",
    },
)  # fmt: skip
