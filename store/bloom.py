"""Bloom filters of Parquet, as pyarrow writes them and does not read them: they tell of most words that a row group has none of them.

Source: the Parquet format's BloomFilter.md (split blocks of 256 bits, eight salts), and the XXH64 of xxhash_spec.md with the seed 0.
"""

from __future__ import annotations

import struct
from functools import lru_cache

BLOCK = 32
"""Bytes."""
SALTS = (0x47B6137B, 0x44974D91, 0x8824AD5B, 0xA2B7289D, 0x705495C7, 0x2DF1424B, 0x9EFC4947, 0x5C6BFB31)
P1, P2, P3, P4, P5 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
ALL, HALF = (1 << 64) - 1, (1 << 32) - 1


def bits(written: bytes) -> bytes:
    """The filter without the header before it, which is shorter than the least filter; a filter has a power of two of bytes."""
    return written[-(1 << len(written).bit_length() - 1) :]


def may_hold(filter: bytes, word: str) -> bool:
    """False where the word is not in it for sure. `filter` as `bits` gives it."""
    hashed = _hash(word.encode())
    place = ((hashed >> 32) * (len(filter) // BLOCK) >> 32) * BLOCK
    low = hashed & HALF
    return all(part >> ((low * salt & HALF) >> 27) & 1 for part, salt in zip(struct.unpack_from("<8I", filter, place), SALTS, strict=True))


@lru_cache(1024)
def _hash(data: bytes) -> int:
    """XXH64."""
    whole = len(data) // 32 * 32
    found = _stripes(data, whole) if whole else P5
    found = found + len(data) & ALL
    place = whole
    for size, form, first, then, added in ((8, "<Q", None, P1, P4), (4, "<I", P1, P2, P3), (1, "<B", P5, P1, 0)):
        while len(data) - place >= size:
            (part,) = struct.unpack_from(form, data, place)
            mixed = _round(0, part) if first is None else part * first & ALL
            found = _turned(found ^ mixed, {8: 27, 4: 23, 1: 11}[size]) * then + added & ALL
            place += size
    for shift, factor in ((33, P2), (29, P3)):
        found = (found ^ found >> shift) * factor & ALL
    return found ^ found >> 32


def _stripes(data: bytes, whole: int) -> int:
    lanes = [P1 + P2 & ALL, P2, 0, -P1 & ALL]
    for place in range(0, whole, 32):
        lanes = [_round(lane, part) for lane, part in zip(lanes, struct.unpack_from("<4Q", data, place), strict=True)]
    found = sum(_turned(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True)) & ALL
    for lane in lanes:
        found = (found ^ _round(0, lane)) * P1 + P4 & ALL
    return found


def _round(lane: int, part: int) -> int:
    return _turned(lane + part * P2 & ALL, 31) * P1 & ALL


def _turned(number: int, by: int) -> int:
    return (number << by | number >> 64 - by) & ALL
