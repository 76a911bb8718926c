"""Hashing a password and compressing a large answer leave the event loop free, and an error comes back to who asked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from callbacks.aside import aside
from tests.project import ROOT

LOOP = """
from gevent import monkey
monkey.patch_all()
import gevent
from callbacks import password
from callbacks.aside import aside

ran = []

def others():
    while True:
        ran.append(1)
        gevent.sleep(0)

gevent.spawn(others)
gevent.sleep(0)
before = len(ran)
hash = password.hashed("x")
assert len(ran) == before, "hashing by itself lets nobody else run"
assert aside(lambda: password.matches(hash, "x"))
print(len(ran) - before)
try:
    aside(lambda: 1 / 0)
except ZeroDivisionError:
    print("raised")
"""

LARGE = """
from gevent import monkey
monkey.patch_all()
import gevent
from flask import Flask
from callbacks import compress

server, ran = Flask("large"), []
server.get("/")(lambda: " ".join(map(str, range(1_000_000))))
compress.register(server)
with server.test_request_context("/", headers={"Accept-Encoding": "gzip"}):
    answer = server.dispatch_request()

    def others():
        while True:
            ran.append(1)
            gevent.sleep(0)

    gevent.spawn(others)
    made = server.finalize_request(answer)
print(len(ran), made.headers["Content-Encoding"])
"""


def test_a_large_answer_is_compressed_meanwhile() -> None:
    done = subprocess.run([sys.executable, "-c", LARGE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    turns, encoding = done.stdout.split()
    assert int(turns) > 0 and encoding == "gzip" and done.stderr == ""


def test_the_loop_runs_on_meanwhile() -> None:
    done = subprocess.run([sys.executable, "-c", LOOP], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    turns, raised = done.stdout.split()
    assert int(turns) > 0 and raised == "raised" and done.stderr == ""


def test_without_a_loop_the_work_is_done_here() -> None:
    assert aside(lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        aside(lambda: 1 / 0)
