"""The pages after the first: every figure with its place and hour, the alarms by desk and area, the feeds, what happened, what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layouts.print import word
from layouts.print.change import changes
from layouts.print.word import DASH, Facts, Language, of, pick

Section = dict[str, Any]
MOST_CHANGES = 25
FEED_HEADS = (
    ("Feed", "数据源"),
    ("Bureau", "单位"),
    ("Sensors", "测点"),
    ("Fresh", "及时率"),
    ("Longest silence", "最长中断"),
    ("Complete", "完整率"),
    ("Readings", "读数"),
    ("Refused", "拒收"),
    ("Bad", "异常"),
    ("Lag, mean", "平均滞后"),
    ("most", "最大"),
    ("Lost", "缺失"),
)


def sections(told: Mapping[str, Any], language: Language) -> list[Section]:
    """Tables in the order of the pages."""
    facts = told["facts"]
    found = [_changes(told, language)] if told["changed"] else []
    for domain in facts["domains"]:
        found += _domain(facts, domain, language)
    alarms = facts["alarms"]
    found.append(_often(alarms["top"], pick(language, "Most frequent alarms", "高频告警（前十）"), language))
    if alarms["chattering"]:
        note = pick(language, "Share of all comings, called or not", "占比按全部触发次数计")
        found.append(_often(alarms["chattering"][:10], pick(language, "Chattering alarms", "频繁抖动告警"), language, note))
    found += [_standing(facts, language), _groups(alarms["by_desk"], True, language), _groups(alarms["by_area"], False, language)]
    return [*found, _feeds(facts, language), _coverage(facts, language), *_incidents(facts, language)]


def _section(title: str, heads: Sequence[str], widths: Sequence[float], rows: Sequence[Sequence[Any]], **more: Any) -> Section:
    """A table; `right` are the columns of numbers, `text` stands in place of a table without rows."""
    rows = [[cell if isinstance(cell, str) else str(cell) for cell in row] for row in rows]
    return {
        "title": title,
        "note": "",
        "heads": list(heads),
        "widths": list(widths),
        "rows": rows,
        "right": [],
        "text": "",
        "over": [],
        "strong": [],
        **more,
    }


# --- domains ---------------------------------------------------------------------------------------------------------------------------


def _domain(facts: Facts, domain: Any, language: Language) -> list[Section]:
    label, found = of(domain["label"], language), list[Section]()
    if not domain["feed"]["readings"]:
        return found
    befores = [of(each["label"], language) for each in facts["before"]]
    own = pick(language, "Value", "数值")
    standards, unmeasured = _told(domain["standards"]), _unmeasured(domain, language)
    if standards:
        found.append(
            _section(
                f"{label} · {pick(language, 'compliance', '达标情况')}",
                [
                    pick(language, "Standard", "标准"),
                    own,
                    *befores,
                    pick(language, "Limit", "限值"),
                    pick(language, "Where", "位置"),
                    pick(language, "Decided by", "决定项"),
                    pick(language, "Within", "达标"),
                ],
                [2.6, 2.4, *(1.5 for _ in befores), 2.5, 2.4, 1.4, 1.0],
                [_standard(facts, domain, row, language) for row in standards],
                right=list(range(1, 2 + len(befores))),
                over=[place for place, row in enumerate(standards) if row["within"] is False],
            )
        )
    rows = _told(domain["kpis"])
    found.append(
        _section(
            f"{label} · {pick(language, 'key figures', '关键指标')}",
            [
                pick(language, "Figure", "指标"),
                own,
                *befores,
                pick(language, "Worst hour", "最不利时"),
                pick(language, "Where", "位置"),
                pick(language, "Alarm limit", "告警限值"),
                pick(language, "Beyond", "超限"),
            ],
            [2.8, 2.0, *(1.5 for _ in befores), 1.5, 3.2, 1.6, 1.0],
            [_kpi(facts, row, language) for row in rows],
            right=list(range(1, 2 + len(befores))),
            over=[place for place, row in enumerate(rows) if row["over"]],
            text=unmeasured,
        )
    )
    if domain["metrics"]:
        found.append(_metrics(facts, domain, label, language))
    return found


def _told(rows: Sequence[Any]) -> list[Any]:
    """Those that have a value, or had one before."""
    return [row for row in rows if any(each["value"] is not None for each in (row, *row["before"]))]


def _unmeasured(domain: Any, language: Language) -> str:
    """What the bureau declares and nothing came of."""
    rows = [row for name in ("standards", "kpis") for row in domain[name] if row not in _told(domain[name]) and row.get("shown", True)]
    names = pick(language, ", ", "、").join(of(row["label"], language) for row in rows)
    return pick(language, f"Not measured: {names}.", f"未监测：{names}。") if rows else ""


def _with_unit(row: Any, language: Language) -> str:
    grade = f" {of(row['grade'], language)}" if row.get("grade") and not row.get("classed") else ""
    unit = f" {row['unit']}" if row["unit"] and row["value"] is not None else ""
    return word.value(row, language) + unit + grade


def _standard(facts: Facts, domain: Any, row: Any, language: Language) -> list[str]:
    items = pick(language, ", ", "、").join(of(domain["items"].get(key), language) for key in row["items"])
    limit = f"{of(row['limit'], language)} · {row['source']}" if row["limit"] else row["source"]
    passed = f"{row['passed'][0]} / {row['passed'][1]}" if row["passed"] else DASH
    if row.get("days_within"):
        passed = pick(
            language, f"{row['days_within'][0]} / {row['days_within'][1]} d", f"{row['days_within'][0]} / {row['days_within'][1]} 天"
        )
    befores = [word.value({**row, **each}, language) for each in row["before"]]
    where = word.place(facts, row["sensor"], language)
    at = word.hour(facts, row["hour"], language, row.get("day")) if row["hour"] is not None else ""
    return [of(row["label"], language), _with_unit(row, language), *befores, limit, " ".join(filter(None, (where, at))), items, passed]


def _kpi(facts: Facts, row: Any, language: Language) -> list[str]:
    limit = DASH if row["limit"] is None else f"{'>' if row['worst'] == 'high' else '<'} {word.number(row['limit'], row['decimals'])}"
    hours = row["over"]
    beyond = DASH if hours is None else pick(language, f"{hours} h", f"{hours} 小时")
    when = pick(language, "mean", "平均") if row["worst"] == "mean" else word.hour(facts, row["hour"], language, row.get("day"))
    befores = [word.value({**row, **each}, language) for each in row["before"]]
    return [
        of(row["label"], language),
        _with_unit(row, language),
        *befores,
        when,
        word.place(facts, row["sensor"], language) or pick(language, "all", "全市"),
        limit,
        beyond,
    ]


def _metrics(facts: Facts, domain: Any, label: str, language: Language) -> Section:
    def end(row: Any, name: str) -> list[str]:
        found = row[name]
        if found is None:
            return [DASH, ""]
        where = word.place(facts, found["sensor"], language)
        return [word.number(found["value"], row["decimals"]), f"{where} {word.hour(facts, found['hour'], language, found.get('day'))}"]

    return _section(
        f"{label} · {pick(language, 'measured', '监测值')}",
        [
            pick(language, "Quantity", "项目"),
            pick(language, "Unit", "单位"),
            pick(language, "Mean", "平均"),
            pick(language, "Least", "最小"),
            "",
            pick(language, "Greatest", "最大"),
            "",
            pick(language, "Sensors", "测点") if facts["kind"] == "day" else pick(language, "Sensors a day", "日测点"),
            pick(language, "Readings", "读数"),
        ],
        [2.3, 0.9, 0.9, 0.9, 2.9, 0.9, 2.9, 0.9, 1.2],
        [
            [
                of(row["label"], language),
                row["unit"],
                word.number(row["mean"], row["decimals"]),
                *end(row, "least"),
                *end(row, "greatest"),
                word.number(row["sensors"]),
                word.number(row["readings"]),
            ]
            for row in domain["metrics"]
        ],
        right=[2, 3, 5, 7, 8],
    )


# --- alarms ----------------------------------------------------------------------------------------------------------------------------


def _often(rows: Sequence[Any], title: str, language: Language, note: str = "") -> Section:
    return _section(
        title,
        [
            pick(language, "Alarm", "告警"),
            pick(language, "Where", "位置"),
            pick(language, "Times", "次数"),
            pick(language, "Share", "占比"),
        ],
        [4, 5, 1, 1],
        [[of(row["name"], language), of(row["place"], language), word.number(row["times"]), word.percent(row["share"])] for row in rows],
        right=[2, 3],
        note=note,
        text="" if rows else pick(language, "None.", "无。"),
    )


def _standing(facts: Facts, language: Language) -> Section:
    alarms = facts["alarms"]
    rows = [
        [
            of(row["name"], language),
            of(row["place"], language),
            f"{word.day(word.local(facts, row['since']), language)} {word.clock(facts, row['since'])}",
        ]
        for row in alarms["stale"][:15]
    ]
    words = (
        f"Shelved {alarms['shelved']} times; {alarms['on_shelf']} on the shelf and {alarms['out_of_service']} out of service at the end.",
        f"期间搁置 {alarms['shelved']} 次；期末搁置 {alarms['on_shelf']} 个，停用 {alarms['out_of_service']} 个。",
    )
    return _section(
        pick(language, "Stale alarms: standing for more than 24 h", "滞留告警：持续超过 24 小时"),
        [pick(language, "Alarm", "告警"), pick(language, "Where", "位置"), pick(language, "Since", "始于")],
        [4, 5, 2],
        rows,
        note=word.number(len(alarms["stale"])) + " (< 5)",
        text=("" if rows else pick(language, "None. ", "无。")) + pick(language, *words),
    )


def _groups(rows: Sequence[Any], desks: bool, language: Language) -> Section:
    more = [pick(language, "Most in 10 min", "10 分钟最多"), pick(language, "In flood", "告警潮")] if desks else []
    heads = [pick(language, "Desk", "席位") if desks else pick(language, "Area", "区域"), pick(language, "Alarms", "告警"), *more]
    heads += [
        pick(language, each, zh)
        for each, zh in (
            ("Acknowledged", "确认"),
            ("median", "中位数"),
            ("longest", "最长"),
            ("Returned", "恢复"),
            ("median", "中位数"),
            ("longest", "最长"),
        )
    ]
    shown = [row for row in rows if desks or row["count"] or row["acknowledged"]["count"] or row["returned"]["count"]]
    cells = []
    for row in shown:
        beside = [word.number(row["most_in_ten"]), word.duration(row["flooded"], language)] if desks else []
        times = [cell for kind in ("acknowledged", "returned") for cell in _times(row[kind], language)]
        cells.append([of(row["label"], language), word.number(row["count"]), *beside, *times])
    return _section(
        pick(language, "Time to acknowledge and to return, by desk", "确认与恢复用时（按席位）")
        if desks
        else pick(language, "Time to acknowledge and to return, by area", "确认与恢复用时（按区域）"),
        heads,
        [2.8, 1, *((1.4, 1.2) if desks else ()), 1.7, 1.4, 1.4, 1.3, 1.4, 1.4],
        cells,
        right=list(range(1, len(heads))),
        text="" if shown else pick(language, "None.", "无。"),
    )


def _times(told: Any, language: Language) -> list[str]:
    return [word.number(told["count"]), word.duration(told["median"], language), word.duration(told["longest"], language)]


# --- feeds -----------------------------------------------------------------------------------------------------------------------------


def _feeds(facts: Facts, language: Language) -> Section:
    heads = [pick(language, *each) for each in FEED_HEADS]
    rows = []
    for row in facts["feeds"]:
        owners = pick(language, ", ", "、").join(of(owner, language) for owner in row["owners"])
        rows.append(
            [
                of(row["label"], language),
                owners or DASH,
                f"{row['heard']} / {row['heard'] + row['silent']}",
                word.percent(row["fresh"]),
                word.duration(row["longest"], language),
                word.percent(row["complete"]),
                word.number(row["readings"]),
                *(word.number(row[name]) for name in ("rejects", "bad")),
                *(word.number(row[name]) for name in ("lag", "lag_most", "gap")),
            ]
        )
    return _section(
        pick(language, "Bureau scoreboard", "数据质量考核"),
        heads,
        [1.2, 2.2, 1.4, 1.1, 1.4, 1.2, 1.5, 1.0, 1.0, 1.3, 1.0, 0.9],
        rows,
        right=list(range(2, len(heads))),
        note=pick(language, "lag in records; – was not recorded", "滞后单位为条；– 表示未记录"),
    )


def _coverage(facts: Facts, language: Language) -> Section:
    covered = facts["coverage"]
    share, readings = word.percent(covered["share"]), word.number(covered["readings"])
    told = pick(
        language,
        f"{share} of the readings that the sensors' declared intervals promise were received: {readings} readings of {covered['heard']} "
        f"sensors; {covered['silent']} listed sensors sent nothing. An hour counts no more readings than it promises. What is missing is "
        "shown as – and never counted as zero. Figures of an hour are those of the whole hour; a day's is that of its worst hour, or the "
        "mean of its hours where neither end is worse.",
        f"按各测点申报周期，应收数据实收 {share}：{covered['heard']} 个测点共 {readings} 条读数；{covered['silent']} 个在册测点全程无数据。"
        "每小时计数不超过应收数。缺失以“–”表示，绝不计为零。"
        "小时值为整小时统计，日值取最不利小时；无不利方向的指标取各小时平均。",
    )
    silent = [word.place(facts, name, language) for domain in facts["domains"] for name in domain["feed"]["silent"]]
    if silent:
        told += pick(language, " Silent: ", "无数据测点：") + pick(language, ", ", "、").join(silent[:20]) + "."
    foreign = [f"{key} ({unit})" for domain in facts["domains"] for key, unit in domain["foreign"].items()]
    if foreign:
        told += pick(language, " Left out, as their unit cannot be converted: ", "单位无法换算而未计入：") + ", ".join(foreign) + "."
    return _section(pick(language, "Data coverage", "数据覆盖说明"), [], [], [], text=told)


# --- what happened ---------------------------------------------------------------------------------------------------------------------


def _incidents(facts: Facts, language: Language) -> list[Section]:
    rows = facts["alarms"]["incidents"]["rows"]
    total = facts["alarms"]["incidents"]["total"]
    title = pick(language, "Incidents: floods, high and critical alarms", "事件：告警潮与高级别告警")
    if not rows:
        return [_section(title, [], [], [], text=pick(language, "None.", "无。"))]
    found = [_incident(facts, row, language) for row in rows]
    cells = [cell for each in found for cell in each]
    strong = [sum(map(len, found[:place])) for place in range(len(found))]
    heads = [
        pick(language, "Time", "时间"),
        pick(language, "Event", "事件"),
        pick(language, "Who", "人员"),
        pick(language, "Value", "数值"),
        pick(language, "Note", "备注"),
    ]
    note = "" if total <= len(rows) else pick(language, f"the first {len(rows)} of {total}", f"共 {total} 起，列出前 {len(rows)} 起")
    return [_section(title, heads, [1.6, 5, 1.5, 1, 3], cells, note=note, right=[3], strong=strong)]


def _incident(facts: Facts, row: Any, language: Language) -> list[list[str]]:
    when = f"{word.day(word.local(facts, row['began']), language)} {word.clock(facts, row['began'])}"
    lasted = word.duration(row["ended"] - row["began"], language) if row["ended"] else pick(language, "not over", "未结束")
    if row["kind"] == "flood":
        return [[when, pick(language, f"Alarm flood at desk {row['desk']}", f"告警潮（{row['desk']}）"), "", "", lasted]]
    name = f"{of(word.PRIORITY.get(row['priority']), language).upper()} · {of(row['name'], language)} · {of(row['place'], language)}"
    head = [when, name, "", "", lasted]
    log = [
        [
            f"{word.local(facts, line['time']):%H:%M:%S}",
            pick(language, *word.KIND.get(line["kind"], (line["kind"],) * 2)),
            line["actor"],
            word.number(line["value"], 2) if line["value"] is not None else "",
            line["note"],
        ]
        for line in row["log"]
    ]
    return [head, *log]


def _changes(told: Mapping[str, Any], language: Language) -> Section:
    """What this revision says that the one before did not."""
    rows = changes(told, language)
    more = len(rows) - MOST_CHANGES
    return _section(
        pick(language, f"Changed since revision {told['number'] - 1}", f"与第 {told['number'] - 1} 版的差异"),
        [pick(language, "Figure", "项目"), pick(language, "Before", "原值"), pick(language, "Now", "现值")],
        [5, 3, 3],
        rows[:MOST_CHANGES],
        note=pick(language, "late or corrected data", "迟到或更正的数据"),
        text=pick(language, f"and {more} more", f"另有 {more} 项") if more > 0 else "",
    )
