"""The report as tables of plain values, for sheets and programs: what is a number stays one, what is missing stays empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from layouts.print import word
from layouts.print.summary import paragraph
from layouts.print.word import Facts, Language, of, pick

Cell = str | float | int | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells below their headings; `decimals` are those of each row's numbers, None for as they are."""

    name: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    decimals: Sequence[int | None]


def tables(told: Mapping[str, Any], language: Language) -> list[Table]:
    """In the order of the sheets."""
    facts = told["facts"]
    return [
        _about(told, language),
        _kpis(facts, language),
        _standards(facts, language),
        _course(facts, language),
        _metrics(facts, language),
        _alarms(facts, language),
        _groups(facts, language),
        _feeds(facts, language),
        _incidents(facts, language),
        _changes(told, language),
    ]


def _table(name: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], decimals: Sequence[int | None] | None = None) -> Table:
    return Table(name, heads, rows, decimals if decimals is not None else [None] * len(rows))


def _about(told: Mapping[str, Any], language: Language) -> Table:
    facts = told["facts"]
    made = word.local(facts, told["made"])
    rows: list[Sequence[Cell]] = [
        [pick(language, "Report", "报告"), word.title(facts, language)],
        [pick(language, "Time", "时段"), word.span(facts, language)],
        [pick(language, "Revision", "版本"), told["number"]],
        [pick(language, "Made", "生成时间"), made.isoformat(timespec="seconds")],
        [pick(language, "Data", "数据"), word.origin(facts, language) or pick(language, "live", "实时")],
        [pick(language, "Coverage", "覆盖率"), facts["coverage"]["share"]],
        [pick(language, "Summary", "摘要"), "".join(text for text, _ in paragraph(facts, language))],
    ]
    return _table(pick(language, "Summary", "摘要"), [pick(language, "What", "项目"), pick(language, "Value", "内容")], rows)


def _befores(facts: Facts, language: Language) -> list[str]:
    return [of(each["label"], language) for each in facts["before"]]


def _rows(facts: Facts, name: str) -> Iterator[tuple[Any, Any]]:
    return ((domain, row) for domain in facts["domains"] for row in domain[name])


def _kpis(facts: Facts, language: Language) -> Table:
    heads = [pick(language, *each) for each in (("Domain", "领域"), ("Key", "键"), ("Figure", "指标"), ("Unit", "单位"), ("Value", "数值"))]
    heads += _befores(facts, language)
    heads += [
        pick(language, *each)
        for each in (
            ("Worst hour", "最不利时"),
            ("Sensor", "测点编号"),
            ("Place", "位置"),
            ("Alarm limit", "告警限值"),
            ("Hours beyond", "超限小时数"),
        )
    ]
    rows = [
        [
            of(domain["label"], language),
            row["key"],
            of(row["label"], language),
            row["unit"],
            row["value"],
            *(each["value"] for each in row["before"]),
            "" if row["hour"] is None else word.hour(facts, row["hour"], language, row.get("day")),
            row["sensor"],
            word.place(facts, row["sensor"], language),
            row["limit"],
            row["over"],
        ]
        for domain, row in _rows(facts, "kpis")
    ]
    return _table(pick(language, "Key figures", "关键指标"), heads, rows, [row["decimals"] for _, row in _rows(facts, "kpis")])


def _standards(facts: Facts, language: Language) -> Table:
    heads = [
        pick(language, *each)
        for each in (
            ("Domain", "领域"),
            ("Key", "键"),
            ("Standard", "标准项目"),
            ("Source", "依据"),
            ("Unit", "单位"),
            ("Value", "数值"),
            ("Grade", "级别"),
        )
    ]
    heads += _befores(facts, language)
    heads += [
        pick(language, *each)
        for each in (
            ("Within", "达标"),
            ("Limit", "限值"),
            ("Sensor", "测点编号"),
            ("Place", "位置"),
            ("Decided by", "决定项"),
            ("Sensors within", "达标测点"),
            ("Sensors judged", "评价测点"),
        )
    ]
    yes = {True: pick(language, "yes", "是"), False: pick(language, "no", "否"), None: ""}
    rows = [
        [
            of(domain["label"], language),
            row["key"],
            of(row["label"], language),
            row["source"],
            row["unit"],
            row["value"],
            of(row["grade"], language) if row["grade"] else "",
            *(each["value"] for each in row["before"]),
            yes[row["within"]],
            of(row["limit"], language) if row["limit"] else "",
            row["sensor"],
            word.place(facts, row["sensor"], language),
            ", ".join(of(domain["items"].get(key), language) for key in row["items"]),
            *(row["passed"] or [None, None]),
        ]
        for domain, row in _rows(facts, "standards")
    ]
    return _table(pick(language, "Compliance", "达标情况"), heads, rows, [row["decimals"] for _, row in _rows(facts, "standards")])


def _course(facts: Facts, language: Language) -> Table:
    """Each key figure by hour of the day, or by day."""
    found = [(domain, row, row["hours"] or row.get("days") or []) for domain, row in _rows(facts, "kpis")]
    count = max((len(values) for _, _, values in found), default=0)
    if facts["kind"] == "day":
        times = [word.local(facts, facts["begin"] + 3600 * place).isoformat(timespec="minutes") for place in range(count)]
    else:
        first = word.local(facts, facts["begin"]).date()
        times = [(first + timedelta(place)).isoformat() for place in range(count)]
    heads = [pick(language, "Time", "时间"), *(f"{row['key']} ({domain['key']})" for domain, row, _ in found)]
    rows: list[Sequence[Cell]] = [
        [time, *(values[place] if place < len(values) else None for _, _, values in found)] for place, time in enumerate(times)
    ]
    return _table(pick(language, "Course", "过程"), heads, rows)


def _metrics(facts: Facts, language: Language) -> Table:
    heads = [
        pick(language, *each)
        for each in (
            ("Domain", "领域"),
            ("Key", "键"),
            ("Quantity", "项目"),
            ("Unit", "单位"),
            ("Mean", "平均"),
            ("Least", "最小"),
            ("at", "测点编号"),
            ("Greatest", "最大"),
            ("at", "测点编号"),
            ("Sensors", "测点"),
            ("Readings", "读数"),
        )
    ]
    rows = [
        [
            of(domain["label"], language),
            row["key"],
            of(row["label"], language),
            row["unit"],
            row["mean"],
            *_end(row["least"]),
            *_end(row["greatest"]),
            row["sensors"],
            row["readings"],
        ]
        for domain, row in _rows(facts, "metrics")
    ]
    return _table(pick(language, "Measured", "监测值"), heads, rows, [row["decimals"] for _, row in _rows(facts, "metrics")])


def _end(end: Any) -> list[Cell]:
    return [end["value"], end["sensor"]] if end else [None, None]


def _alarms(facts: Facts, language: Language) -> Table:
    alarms = facts["alarms"]
    rows: list[Sequence[Cell]] = [
        [pick(language, "Alarms", "告警次数"), "", alarms["count"]],
        *(
            [pick(language, "Alarms", "告警次数"), of(word.PRIORITY[name], language), count]
            for name, count in alarms["by_priority"].items()
        ),
        [pick(language, "Most in 10 min", "10 分钟最多"), "", alarms["most_in_ten"]],
        [pick(language, "In flood, s", "告警潮时间（秒）"), "", alarms["flooded"]],
        [pick(language, "Shelved", "搁置次数"), "", alarms["shelved"]],
        [pick(language, "On the shelf at the end", "期末搁置"), "", alarms["on_shelf"]],
        [pick(language, "Out of service at the end", "期末停用"), "", alarms["out_of_service"]],
        [pick(language, "Stale", "滞留告警"), "", len(alarms["stale"])],
    ]
    for name, words in (
        ("top", ("Most frequent", "高频")),
        ("chattering", ("Chattering", "频繁抖动")),
        ("fleeting", ("Fleeting", "瞬时告警")),
    ):
        rows += [
            [pick(language, *words), f"{of(row['name'], language)} · {of(row['place'], language)}", row["times"]] for row in alarms[name]
        ]
    return _table(
        pick(language, "Alarms", "告警"),
        [pick(language, "Figure", "项目"), pick(language, "Of", "对象"), pick(language, "Value", "数值")],
        rows,
    )


def _groups(facts: Facts, language: Language) -> Table:
    heads = [
        pick(language, *each)
        for each in (
            ("Desk or area", "席位或区域"),
            ("Key", "键"),
            ("Alarms", "告警"),
            ("Acknowledged", "确认"),
            ("median, s", "中位数（秒）"),
            ("longest, s", "最长（秒）"),
            ("Returned", "恢复"),
            ("median, s", "中位数（秒）"),
            ("longest, s", "最长（秒）"),
        )
    ]
    rows = [
        [
            of(row["label"], language),
            row["key"],
            row["count"],
            *(row[kind][each] for kind in ("acknowledged", "returned") for each in ("count", "median", "longest")),
        ]
        for row in [*facts["alarms"]["by_desk"], *facts["alarms"]["by_area"]]
    ]
    return _table(pick(language, "Desks and areas", "席位与区域"), heads, rows)


def _feeds(facts: Facts, language: Language) -> Table:
    names = (
        "listed",
        "heard",
        "silent",
        "fresh",
        "longest",
        "complete",
        "readings",
        "rejects",
        "bad",
        "duplicates",
        "corrections",
        "late",
        "gap",
        "lag",
        "lag_most",
    )
    words = (
        ("Feed", "数据源"),
        ("Bureau", "单位"),
        ("Listed", "在册"),
        ("Heard", "有数据"),
        ("Silent", "无数据"),
        ("Fresh", "及时率"),
        ("Longest silence, s", "最长中断（秒）"),
        ("Complete", "完整率"),
        ("Readings", "读数"),
        ("Refused", "拒收"),
        ("Bad", "异常"),
        ("Duplicates", "重复"),
        ("Corrections", "更正"),
        ("Late", "迟到"),
        ("Lost", "缺失"),
        ("Lag, mean", "平均滞后"),
        ("Lag, most", "最大滞后"),
    )
    rows = [
        [of(row["label"], language), ", ".join(of(owner, language) for owner in row["owners"]), *(row[name] for name in names)]
        for row in facts["feeds"]
    ]
    return _table(pick(language, "Feeds", "数据质量"), [pick(language, *each) for each in words], rows)


def _incidents(facts: Facts, language: Language) -> Table:
    words = (
        ("Began", "开始"),
        ("Priority", "级别"),
        ("Alarm", "告警"),
        ("Place", "位置"),
        ("Time", "时间"),
        ("Event", "事件"),
        ("Who", "人员"),
        ("Value", "数值"),
        ("Note", "备注"),
    )
    rows: list[Sequence[Cell]] = []
    for row in facts["alarms"]["incidents"]["rows"]:
        began = word.local(facts, row["began"]).isoformat(timespec="seconds")
        if row["kind"] == "flood":
            rows.append([began, "", pick(language, "Alarm flood", "告警潮"), row["desk"], began, "", "", None, ""])
        head = [
            began,
            of(word.PRIORITY.get(row.get("priority", "")), language),
            of(row.get("name"), language),
            of(row.get("place"), language),
        ]
        rows += [
            [
                *head,
                word.local(facts, line["time"]).isoformat(timespec="seconds"),
                pick(language, *word.KIND.get(line["kind"], (line["kind"],) * 2)),
                line["actor"],
                line["value"],
                line["note"],
            ]
            for line in row["log"]
        ]
    return _table(pick(language, "Incidents", "事件"), [pick(language, *each) for each in words], rows)


def _changes(told: Mapping[str, Any], language: Language) -> Table:
    rows = [["/".join(each["path"]), _plain(each["before"]), _plain(each["after"])] for each in told["changed"]]
    return _table(
        pick(language, "Changes", "变更"),
        [pick(language, "Figure", "项目"), pick(language, "Before", "原值"), pick(language, "Now", "现值")],
        rows,
    )


def _plain(value: Any) -> Cell:
    return value if value is None or isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
