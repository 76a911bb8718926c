"""Bytes to columns: the native message, one JSON object or an array of them.

Everything after this file works on whole batches, as columns. A format of another standard comes as one more function of the shape
`Decoder`, in its own file, named in `FORMATS`; it is chosen by a domain's `format`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from model import QUALITIES
from streams.instant import Moment, seconds

REASONS = (
    "undecodable",
    "corrupt_batch",
    "unknown_metric",
    "incompatible_unit",
    "impossible_coordinate",
    "not_finite",
    "time_in_seconds",
    "too_many_series",
)
"""Why a record, or an element of one, was refused."""


class Native(msgspec.Struct, gc=False):
    """One reading on the wire. A text as its time may be anything yet: the times of a batch are read together, which is cheaper."""

    sensor: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    metric: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    value: float | None
    time: str | float
    unit: str | None = None
    lon: float | None = None
    lat: float | None = None
    quality: Literal["good", "suspect", "bad", "missing"] | None = None


class _Exact(Native, gc=False):
    """The same, its time read at once: refuses everything wrong in the order in which it is written, so it knows the reason."""

    time: Moment | float  # type: ignore[assignment]


class Refused(NamedTuple):
    """An element that could not be understood: `record` counts from the batch's first, `element` within an array."""

    record: int
    element: int | None
    reason: str

    @classmethod
    def row(cls, record: np.int64, element: np.int64, reason: str) -> Refused:
        """Of a row of `Columns`, where -1 is no element."""
        return cls(int(record), None if element < 0 else int(element), reason)


@dataclass(slots=True)
class Columns:
    """Readings as parallel columns of n rows; times in seconds, qualities as codes of `model.QUALITIES`, absent numbers NaN."""

    sensor: Sequence[str]
    metric: Sequence[str]
    unit: Sequence[str | None]
    value: NDArray[np.float64]
    time: NDArray[np.float64]
    quality: NDArray[np.uint8]
    lon: NDArray[np.float64] | None
    lat: NDArray[np.float64] | None
    record: NDArray[np.int64]
    element: NDArray[np.int64]
    """Place in the record's array; -1 for a record that is a single object."""


Decoder = Callable[[Sequence[bytes | None]], tuple[Columns, list[Refused]]]

_DECODER = msgspec.json.Decoder(Native | list[Native])
_ELEMENT = msgspec.json.Decoder(Native)
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_EXACT = msgspec.json.Decoder(_Exact | list[_Exact])
_EXACT_ELEMENT = msgspec.json.Decoder(_Exact)
_ERRORS = (msgspec.DecodeError, TypeError, RecursionError, UnicodeDecodeError)
_CODES: dict[str | None, int] = {None: 0, **{name: code for code, name in enumerate(QUALITIES)}}


def native(values: Sequence[bytes | None]) -> tuple[Columns, list[Refused]]:
    """Columns of every reading that can be understood, and the refusal of every one that cannot. Never raises for data."""
    rows: list[Native] = []
    sizes: list[int] = []
    single: list[bool] = []
    elements: dict[int, list[int]] = {}
    refused: list[Refused] = []
    decode = _DECODER.decode
    for record, value in enumerate(values):
        try:
            found = decode(value)  # type: ignore[arg-type]
        except _ERRORS as error:
            kept, places, bad = _one_by_one(record, value, error)
            rows += kept
            elements[record] = places
            refused += bad
            sizes.append(len(kept))
            single.append(False)
            continue
        if found.__class__ is list:
            rows += found
            sizes.append(len(found))
            single.append(False)
        else:
            rows.append(found)
            sizes.append(1)
            single.append(True)
    return _columns(rows, *_places(sizes, single, elements), refused)


def _one_by_one(record: int, value: bytes | None, error: Exception) -> tuple[list[Native], list[int], list[Refused]]:
    """The good elements of an array that holds bad ones; a whole refusal when it is no array at all."""
    try:
        raws = _ARRAY.decode(value)  # type: ignore[arg-type]
    except _ERRORS:
        return [], [], [Refused(record, None, _reason(_EXACT, value, error) if value and value.strip() else _nothing(value))]
    rows, places, refused = [], [], []
    for place, raw in enumerate(raws):
        try:
            rows.append(_ELEMENT.decode(raw))
            places.append(place)
        except _ERRORS as bad:
            refused.append(Refused(record, place, _reason(_EXACT_ELEMENT, raw, bad)))
    return rows, places, refused


def _nothing(value: bytes | None) -> str:
    return "undecodable: no value" if value is None else "undecodable: is empty"


def elements(value: bytes) -> list[bytes]:
    """The raw elements of a record that is an array; the record itself when it is not."""
    try:
        return [bytes(raw) for raw in _ARRAY.decode(value)]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return [value]


def _reason(exact: msgspec.json.Decoder[Any], value: bytes | msgspec.Raw, error: Exception) -> str:
    try:
        exact.decode(value)
    except _ERRORS as first:
        error = first
    return f"undecodable: {str(error)[:200] or type(error).__name__}"


def _places(sizes: list[int], single: list[bool], elements: dict[int, list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(record, element) of every row."""
    counts = np.asarray(sizes, np.int64)
    record = np.repeat(np.arange(len(sizes)), counts)
    starts = np.cumsum(counts) - counts
    element = np.arange(len(record)) - np.repeat(starts, counts)
    element[np.repeat(np.asarray(single, np.bool_), counts)] = -1
    for number, places in elements.items():
        element[starts[number] : starts[number] + counts[number]] = places
    return record, element


def _columns(
    rows: list[Native], record: NDArray[np.int64], element: NDArray[np.int64], refused: list[Refused]
) -> tuple[Columns, list[Refused]]:
    time, wrong = seconds([row.time for row in rows])
    if wrong:
        refused = sorted(
            refused + [Refused.row(record[i], element[i], f"undecodable: {reason} - at `$.time`") for i, reason in wrong.items()]
        )
        kept = [i for i in range(len(rows)) if i not in wrong]
        rows, time, record, element = [rows[i] for i in kept], time[kept], record[kept], element[kept]
    # One comprehension a column is the cheapest way from objects to columns.
    quality = [row.quality for row in rows]
    n = len(rows)
    columns = Columns(
        tuple([row.sensor for row in rows]),
        tuple([row.metric for row in rows]),
        tuple([row.unit for row in rows]),
        np.array([row.value for row in rows], np.float64),
        time,
        np.zeros(n, np.uint8) if quality.count(None) == n else np.fromiter(map(_CODES.__getitem__, quality), np.uint8, n),
        _degrees([row.lon for row in rows]),
        _degrees([row.lat for row in rows]),
        record,
        element,
    )
    return columns, refused


def _degrees(column: Sequence[float | None]) -> NDArray[np.float64] | None:
    return None if column.count(None) == len(column) else np.array(column, np.float64)


FORMATS: dict[str, Decoder] = {"native": native}
"""Wire formats by the name a domain gives."""
