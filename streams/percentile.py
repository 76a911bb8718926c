"""Percentiles that can be merged across minutes, areas and partitions: KLL sketches of the Apache DataSketches library.

A minute's readings are sketched per metric and area when the minute is compacted, and again when late readings changed it. Rank
error is about 1.65 % at k = 200 (Karnin, Lang, Liberty: Optimal Quantile Approximation in Streams, FOCS 2016).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from datasketches import kll_floats_sketch
from numpy.typing import NDArray

from streams.recent import stretches

K = 200


def sketches(group: NDArray[np.int64], value: NDArray[np.float32]) -> dict[int, bytes]:
    """One serialized sketch per group number."""
    order = np.argsort(group, kind="stable")
    group, value = group[order], value[order]
    made = {}
    for start, end in stretches(group):
        sketch = kll_floats_sketch(K)
        sketch.update(value[start:end])
        made[int(group[start])] = sketch.serialize()
    return made


def quantile(parts: Iterable[bytes], share: float) -> float | None:
    """The value below which `share` (0..1) of all sketched readings lie; None without readings. Raises ValueError for a share
    outside 0..1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share {share} is not between 0 and 1")
    whole = kll_floats_sketch(K)
    for data in parts:
        whole.merge(kll_floats_sketch.deserialize(data))
    return None if whole.is_empty() else float(whole.get_quantile(share))
