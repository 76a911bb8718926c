"""Work that blocks is done in a real thread, so that the event loop goes on feeding the screens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import gevent
from gevent.monkey import is_module_patched

T = TypeVar("T")


def aside(work: Callable[[], T]) -> T:
    """What `work` returns or raises. In a process without gevent's loop it is simply called."""
    if not is_module_patched("threading"):
        return work()
    failure, result = gevent.get_hub().threadpool.apply(_kept, (work,))
    if failure is not None:
        raise failure
    return result  # type: ignore[no-any-return]


def _kept(work: Callable[[], T]) -> tuple[Exception | None, T | None]:
    """An error as a value: the pool would also print it."""
    try:
        return None, work()
    except Exception as error:  # noqa: BLE001  it is raised again where it belongs
        return error, None
