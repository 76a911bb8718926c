"""Times read together are the times read one by one, and what is no time is refused in the same words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.instant import MANY, seconds

GRAMMAR = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ]((\d\d):\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):?(\d\d))", re.ASCII)
GOOD = "2026-11-20T07:00:00.250Z"


def straight(text: str) -> float | None:
    """What `datetime` makes of a text; None for what is no time."""
    found = GRAMMAR.fullmatch(text)
    if found is None:
        return None
    date, clock, hour, decimals, sign, hours, minutes = found.groups(default="0")
    if int(hour) > 23 or int(hours) > 23 or int(minutes) > 59:
        return None
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    digits = decimals.ljust(7, "0")
    try:
        local = datetime.fromisoformat(f"{date} {clock}") + timedelta(microseconds=int(digits[:6]) + (digits[6] >= "5"))
    except (ValueError, OverflowError):
        return None
    return local.replace(tzinfo=timezone(offset)).timestamp()


def reason(text: str) -> str | None:
    """Why a decoder that reads the time at once refuses the text."""
    try:
        msgspec.json.decode(msgspec.json.encode(text), type=Annotated[datetime, msgspec.Meta(tz=True)])
    except msgspec.ValidationError as error:
        return str(error)
    return None


def number(most: int, width: int = 2) -> st.SearchStrategy[str]:
    return st.integers(0, most).map(lambda value: f"{value:0{width}}")


@st.composite
def written(draw: st.DrawFn) -> str:
    """Something like a time: of any year, each part possibly a little too much, in all the ways of writing it."""
    year = draw(st.sampled_from(["1970", "2026", "2028"]) | number(9999, 4))
    date = f"{year}-{draw(number(13))}-{draw(number(32))}"
    clock = f"{draw(number(25))}:{draw(number(61))}:{draw(number(61))}"
    decimals = draw(st.sampled_from(["", "", ".", ",5"]) | st.text("0123456789", min_size=1, max_size=14).map(".{}".format))
    offset = st.tuples(st.sampled_from("+-"), number(25), st.sampled_from([":", ":", ""]), number(61)).map("".join)
    return f"{date}{draw(st.sampled_from('TTTt _'))}{clock}{decimals}{draw(st.sampled_from(['Z', 'Z', 'z', '', '+08']) | offset)}"


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A time of which one character is another: a neighbour of the digits, a digit of another script, a line break."""
    text = draw(written() | st.just(GOOD))
    place = draw(st.integers(0, len(text)))
    return text[:place] + draw(st.sampled_from("/:;09-+ \n\0Zz.٣７é😀")) + text[place + draw(st.integers(0, 1)) :]


anything = written() | st.datetimes(timezones=st.timezones()).map(datetime.isoformat) | damaged() | st.text(max_size=40)


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(anything, min_size=1, max_size=12), copies=st.sampled_from([1, MANY]))
@example(texts=[GOOD, GOOD + "\n" + GOOD, "", GOOD[:-1]], copies=MANY)
@example(texts=[GOOD[:-1], "Z" + GOOD], copies=MANY)
@example(texts=["2026-11-20T07:00:00.1234Z", "2026-11-20T07:00:00+08:00", "2026-11-20T07:00:00-00:30"], copies=MANY)
@example(texts=["2016-12-31T23:59:60Z", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-20T24:00:00Z"], copies=MANY)
def test_together_as_alone(texts: list[str], copies: int) -> None:
    found, wrong = seconds(texts * copies)
    assert [wrong.get(i) for i in range(len(found))] == [reason(text) for text in texts] * copies
    assert [None if i in wrong else time for i, time in enumerate(found.tolist())] == [straight(text) for text in texts] * copies


@pytest.mark.parametrize("text", [GOOD, GOOD[:19] + "Z", GOOD[:-1] + "+08:00", GOOD[:19] + "-00:30", GOOD[:-1] + "4567z", GOOD[:19] + ".Z"])
def test_every_character_at_every_place(text: str) -> None:
    signs = [*map(chr, range(128)), "é", "７", "٣", "😀"]
    texts = [text[:place] + sign + text[place + 1 :] for place in range(len(text)) for sign in signs if sign != "\n"]
    found, wrong = seconds(texts)
    assert [None if i in wrong else time for i, time in enumerate(found.tolist())] == [straight(text) for text in texts]


@pytest.mark.parametrize("digits", range(1, 15))
def test_decimals_of_any_number_are_rounded_at_the_seventh(digits: int) -> None:
    texts = [f"2026-12-31T23:59:59.{'9' * 12 if i < 100 else ''}{i * 7919:0{digits}}"[: 20 + digits] + "Z" for i in range(2 * MANY)]
    assert seconds(texts)[0].tolist() == [straight(text) for text in texts]


@settings(max_examples=100, deadline=None)
@given(start=st.datetimes(datetime(1965, 1, 1), datetime(2205, 1, 1)), step=st.integers(1, 10**13), decimals=st.integers(0, 9))
def test_a_feed_of_one_shape(start: datetime, step: int, decimals: int) -> None:
    moments = [start + timedelta(microseconds=step * i) for i in range(2 * MANY) if step * i < 10**17]
    texts = [f"{moment:%Y-%m-%dT%H:%M:%S}" + f".{moment.microsecond:06}000"[: decimals + 1 if decimals else 0] for moment in moments]
    expected = [datetime.fromisoformat(text[:26]).replace(tzinfo=UTC).timestamp() for text in texts]
    assert seconds([text + "Z" for text in texts])[0].tolist() == expected
    shifted = np.array([datetime.fromisoformat(text[:26] + "-09:30").timestamp() for text in texts])
    assert (seconds([text + "-09:30" for text in texts])[0] == shifted).all()


def test_every_day_that_is_read_together() -> None:
    days = [f"{year:04}-{month:02}-{day:02}T23:59:59Z" for year in range(1969, 2202) for month in range(14) for day in range(33)]
    found, wrong = seconds(days)
    assert [None if i in wrong else found[i] for i in range(len(days))] == [straight(day) for day in days]


@pytest.mark.parametrize("copies", [1, MANY])
def test_numbers_are_milliseconds_or_refused_as_seconds(copies: int) -> None:
    found, wrong = seconds([1795158000250.0, GOOD, 1e11, 99_999_999_999.0, -1e12, "never", 0.0] * copies)
    assert found[:3].tolist() == [1795158000.25, 1795158000.25, 1e8]
    assert np.isnan(found[[3, 4, 6]]).all()
    assert sorted(wrong) == list(range(5, 7 * copies, 7))
    assert seconds([1e12] * copies)[0].tolist() == [1e9] * copies
    assert seconds([])[0].tolist() == []
