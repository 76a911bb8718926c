"""How gunicorn runs the web process: `gunicorn app:server` reads this file by itself."""

from __future__ import annotations

import gc
import os
import resource
import secrets
import shutil
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import log
import scratch
from domains import city
from model import SpecError
from settings import Settings, load


def _told() -> Settings:
    """The settings; an author's mistake ends the start with one sentence."""
    try:
        settings = load(os.environ)
        if settings.port == 0:
            raise SpecError("environment", "CITYDECK_PORT", "must be a port: the workers share one")
    except SpecError as error:
        sys.exit(f"citydeck: {error}")
    return settings


_settings = _told()
os.environ["CITYDECK_SECRET_KEY"] = _settings.secret_key.get_secret_value() or secrets.token_urlsafe()
"""The workers share it; one that was not set ends with the server, and everybody signs in again."""

bind = f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"
workers = _settings.workers
worker_class = "gevent"
limit_request_line = 8190  # the most it allows: a search of the journal may name two hundred sensors
worker_connections = 10_000
"""A live stream is a connection for as long as its screen is on."""
reuse_port = True
"""The system then spreads long-lived connections over the workers; one listener leaves most of them on one worker."""
keepalive = 65
graceful_timeout = 5
"""Seconds for answers under way; live streams are ended by the worker itself."""
control_socket_disable = True
"""No socket file in the home folder."""
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": log.JsonFormatter, "process": "web"}},
    "handlers": {"error": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["error"], "level": "INFO"},
    "loggers": {"gunicorn.error": {"handlers": [], "propagate": True}, "gunicorn.access": {"handlers": [], "propagate": False}},
}


def on_starting(server: Any) -> None:
    """Before any worker: is the city right, is the port free, may enough connections be open, where do the workers share their figures."""
    try:
        city.read(Path(_settings.site))
    except SpecError as error:
        sys.exit(f"citydeck: {error}")
    _claim()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(scratch.folder("metrics"))


def _claim() -> None:
    """Fails when something listens already: with a port that can be shared, a second deck would silently take half of the visitors."""
    family = socket.AF_INET6 if ":" in _settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((_settings.host, _settings.port))


def post_worker_init(worker: Any) -> None:
    """The worker beats while it is to live, and makes the tables of the database where nobody has.

    What it holds now it holds for ever: the collector need not walk it while screens wait.
    """
    gc.collect()
    gc.freeze()
    worker.wsgi.extensions["citydeck-beat"].start(lambda: worker.alive)
    tables = worker.wsgi.extensions["citydeck-tables"]
    threading.Thread(target=tables, args=(lambda: worker.alive,), name="tables", daemon=True).start()


def worker_exit(server: Any, worker: Any) -> None:
    """The worker, in its own process, has served its last request; one that failed to start has no beat."""
    if getattr(worker, "wsgi", None) is not None:
        worker.wsgi.extensions["citydeck-beat"].stop()


def child_exit(server: Any, worker: Any) -> None:
    """A worker that is gone has no open streams."""
    from prometheus_client.multiprocess import mark_process_dead  # not before the folder for its files is named

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """The figures end with the workers."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
