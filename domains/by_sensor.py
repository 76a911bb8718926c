"""Values by sensor: a mapping as every figure knows it, and the same as one array for what looks at ten thousand sensors at once."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence, ValuesView
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value")

FEW = 100
"""Look-ups after which a dictionary is cheaper than searching."""


class BySensor(Mapping[str, Value], Generic[Value]):
    """A view of a column in which each of `sensors` has its `place`: `array[i]` is of the sensor at `places[i]`, which ascend.

    `told` makes a value of a row of the array: a number, or a list of them. A dictionary is made when somebody asks for many sensors.
    """

    def __init__(
        self,
        sensors: Sequence[str],
        place: Mapping[str, int],
        places: NDArray[np.int64],
        array: NDArray[Any],
        told: Callable[[Any], Value],
    ) -> None:
        self.array = array
        """The rows, in the order of iteration."""
        self._sensors, self._place, self._places, self._told, self._asked = sensors, place, places, told, 0

    def greatest(self) -> str:
        """The sensor of the greatest number, the first of equals. ValueError when there is none."""
        return self._sensors[int(self._places[self.array.argmax()])]

    def least(self) -> str:
        """The sensor of the least number, the first of equals. ValueError when there is none."""
        return self._sensors[int(self._places[self.array.argmin()])]

    def changed(self, change: Callable[[NDArray[Any]], NDArray[np.float64]]) -> BySensor[float]:
        """The same sensors with other numbers, which `change` makes of all rows."""
        return BySensor(self._sensors, self._place, self._places, change(self.array), float)

    @cached_property
    def _dict(self) -> dict[str, Value]:
        sensors = map(self._sensors.__getitem__, self._places.tolist())
        return dict(zip(sensors, map(self._told, self.array.tolist()), strict=True))

    def __getitem__(self, sensor: str) -> Value:
        self._asked += 1
        return self._dict[sensor] if self._asked > FEW else self._told(self.array[self._search(sensor)].tolist())

    def _search(self, sensor: str) -> int:
        place = self._place[sensor]
        at = int(np.searchsorted(self._places, place))
        if at == len(self._places) or self._places[at] != place:
            raise KeyError(sensor)
        return at

    def __iter__(self) -> Iterator[str]:
        return iter(self._dict)

    def __len__(self) -> int:
        return len(self.array)

    def values(self) -> ValuesView[Value]:
        """All values."""
        return self._dict.values()

    def items(self) -> ItemsView[str, Value]:
        """All sensors with their values."""
        return self._dict.items()

    def __repr__(self) -> str:
        return repr(self._dict)
