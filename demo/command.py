"""How the simulator and the replay run as commands: until a signal, and with a sentence where a person can mend what is wrong."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable

import redis
from kafka.errors import KafkaError

import settings
from log import setup
from model import SpecError


def run(name: str, work: Callable[[settings.Settings, threading.Event], None], *wrong: type[Exception]) -> int:
    """Do `work`, which ends soon after a signal has set its event. 1 with a sentence for a wrong setting, Kafka, Redis or `wrong`."""
    setup(name)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        work(settings.load(os.environ), stop)
    except (SpecError, KafkaError, redis.RedisError, *wrong) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
