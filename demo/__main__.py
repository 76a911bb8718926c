"""Run the whole deck on this machine: `python -m demo [--feed FOLDER] [--speed N]`; Ctrl-C stops everything it started.

`CITYDECK_KAFKA` and `CITYDECK_REDIS` name servers to use instead of the embedded ones; every other setting is passed on.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import scratch
from demo.broker import CLIENT, ROOT, Broker
from demo.launch import Launch, Process, Shell
from demo.memory import RedisServer
from demo.people import accounts
from demo.port import bracketed, free_port, is_free
from demo.ready import lack
from domains import city, outside
from model import SpecError
from model.person import ROLES
from settings import KAFKA_PREFIX, PREFIX, Settings, load
from store import Away, Client
from store.connect import connect
from store.view import names

BEAT = 0.2
"""Seconds between two looks at the processes."""
PATIENCE = 10.0
"""Seconds after which a person is told what the deck waits for."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Whether a person has asked to stop: a signal only sets it, so that nothing is left half started or half stopped."""

    asked = False

    def __init__(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, flush=True)


def processes(feed: Path | None, speed: float, tells: bool, exercise: Sequence[str] = ()) -> tuple[Process, ...]:
    """What runs beside the servers, in the order of starting: the feed comes last, so that no reading waits for a consumer.

    `tells`: the site names somebody outside who is told of alarms. `exercise`: beginning and end of the span of the history that is told.
    """
    python = sys.executable
    simulate = (python, "-m", "demo.simulate", "--begin", f"{time.time():.0f}")  # started again, it tells the same past again
    told = (python, "-m", "streams", "exercise", "--from", *exercise[:1], "--to", *exercise[1:], "--speed", f"{speed:g}")
    replay = told if exercise else (python, "-m", "demo.replay", str(feed), "--speed", f"{speed:g}")
    return (
        Process(name="ingest", command=(python, "-m", "streams", "ingest")),
        Process(name="frames", command=(python, "-m", "streams", "frames")),
        Process(name="alarms", command=(python, "-m", "streams", "alarms")),
        *(Process(name=name, command=(python, "-m", "streams", name)) for name in (() if exercise else ("history", "replay", "report"))),
        *((Process(name="notify", command=(python, "-m", "streams", "notify")),) if tells else ()),
        Process(name="tuning", command=(python, "-m", "streams", "tuning")),
        Process(name="web", command=(python, "-m", "gunicorn", "app:server")),
        Process(name="feed", command=replay if feed or exercise else simulate, finite=bool(feed)),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal; 0, or 1 when it cannot start or cannot go on."""
    options = _parser().parse_args(arguments)
    given = {name: text for name, text in os.environ.items() if name.startswith(PREFIX) and text.strip()}
    exercise = given.pop("CITYDECK_EXERCISE", "training") if options.exercise else ""
    try:
        settings = load({"CITYDECK_SITE": str(ROOT / "demo" / ("recorded" if options.feed else "site")), **given})
    except SpecError as error:
        say(str(error))
        return 1
    reason = "" if options.exercise else _misasked(options.feed, options.speed)
    if options.exercise and "CITYDECK_HISTORY" not in given:
        reason = "an exercise needs CITYDECK_HISTORY, the history that it is told from"
    if reason := reason or _obstacle(settings):
        say(reason)
        return 1
    stop = Stop()
    with ExitStack() as stack:
        told = processes(options.feed, options.speed or 1.0, not exercise and _tells(settings), options.exercise or ())
        return _run(stack, stop, settings, given | ({"CITYDECK_EXERCISE": exercise} if exercise else {}), told)


def _misasked(feed: Path | None, speed: float | None) -> str:
    if not feed:
        return "" if speed is None else "SPEED is of recorded files: make demo FEED=folder SPEED=60"
    if not feed.is_dir():
        return f"there is no folder {feed}"
    if speed is not None and not speed > 0:
        return f"SPEED={speed:g} is not above 0"
    from demo.readers.folder import nothing_known  # here, because the readers take a second to load and the simulator needs none

    return nothing_known(feed)


def _obstacle(settings: Settings) -> str:
    try:
        _tells(settings)
    except SpecError as error:
        return str(error)
    if not is_free(settings.port, settings.host):
        return f"port {settings.port} of {settings.host} is taken: stop what uses it, or choose another with CITYDECK_PORT"
    return ""


def _tells(settings: Settings) -> bool:
    """Whether the site names recipients. Raises SpecError for whatever is wrong with the site."""
    domains, site = city.read(Path(settings.site))
    return bool(outside.read(Path(settings.site), [area.key for area in site.areas], domains).recipients)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--feed", type=lambda text: Path(text).resolve(), help="folder of recorded files to replay; else the simulator")
    parser.add_argument("--speed", type=float, help="how many times faster than life a replay runs; 1 when not given")
    span = ("FROM", "TO")
    parser.add_argument("--exercise", nargs=2, metavar=span, help="span of CITYDECK_HISTORY to train on: 2026-11-20T14:05 2026-11-20T15:00")
    return parser


def _run(stack: ExitStack, stop: Stop, settings: Settings, given: Mapping[str, str], kept: Sequence[Process]) -> int:
    folder = scratch.folder("demo")
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    logs = folder / "logs"
    logs.mkdir()
    port = settings.port or free_port()
    environment = _environment(settings, given, folder) | {"CITYDECK_PORT": str(port)}
    say(f"citydeck is starting; logs are in {logs}")
    password = "" if "CITYDECK_DATABASE" in given else accounts(environment["CITYDECK_DATABASE"])
    broker = None if "CITYDECK_KAFKA" in given else _broker(stack, environment, logs)
    memory = None if "CITYDECK_REDIS" in given else RedisServer(folder)
    if memory:
        environment["CITYDECK_REDIS"] = memory.url
    shell = Shell(folder=ROOT, environment=environment, logs=logs)
    launch = Launch(shell.spawn, shell.last_words, lambda text: say(f"  {text}"))
    stack.callback(launch.stop)
    stack.callback(say, "stopping")
    if memory:
        memory.wait(launch.start(Process(name="redis", command=memory.command), time.monotonic()))
    client = stack.enter_context(connect(environment["CITYDECK_REDIS"]))
    held = not memory and _holds_a_city(client)
    for process in kept:
        launch.start(process, time.monotonic())
    _introduce(environment, embedded=(bool(broker), bool(memory)), names=launch.running())
    if held:
        say("  this Redis already holds a city, whose readings will be seen too: docs/operations.md says how to empty it")
    _lend(environment, folder / "environment")
    address = f"http://{bracketed(settings.host)}:{port}"
    return _watch(launch, stop, broker, lambda: lack(client, environment["CITYDECK_REDIS"], address), address, _invitation(password))


def _environment(settings: Settings, given: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What every process is told: what was given, and the deck's own files in `folder`, which goes when the demo ends."""
    files = {"CITYDECK_DATABASE": f"sqlite:///{folder / 'journal.db'}", "CITYDECK_HISTORY": str(folder / "history")}
    soon = {"CITYDECK_FLUSH_SECONDS": "5"}  # who tries the deck looks into its history at once
    return {"CITYDECK_SITE": settings.site, **files, **soon, **given, "TMPDIR": str(folder)}


def _holds_a_city(client: Client) -> bool:
    try:
        return bool(names(client))
    except Away:
        return False


def _lend(environment: Mapping[str, str], file: Path) -> None:
    """Let another terminal use what runs here: `python -m streams rejects`, or a program that sends readings."""
    told = {name: text for name, text in environment.items() if name.startswith(PREFIX)}
    file.write_text("".join(f"{name}={shlex.quote(text)}\n" for name, text in told.items()))
    say(f"  its settings, for another terminal:  set -a; . {shlex.quote(str(file))}; set +a")


def _broker(stack: ExitStack, environment: dict[str, str], logs: Path) -> Broker:
    """Start the embedded broker and tell the others how to speak with it."""
    broker = stack.enter_context(Broker(log=stack.enter_context((logs / "kafka.log").open("ab"))))
    environment["CITYDECK_KAFKA"] = broker.bootstrap
    for option, text in CLIENT.items():
        environment.setdefault(KAFKA_PREFIX + option.upper(), text)
    return broker


def _introduce(environment: dict[str, str], *, embedded: tuple[bool, bool], names: Sequence[str]) -> None:
    kind = {True: "embedded", False: "yours"}
    say(f"  kafka   {environment['CITYDECK_KAFKA']} ({kind[embedded[0]]})")
    say(f"  redis   {environment['CITYDECK_REDIS']} ({kind[embedded[1]]})")
    say(f"  running {', '.join(names)}")


def _invitation(password: str) -> str:
    """Who may sign in; an empty `password` is of a database that has people of its own."""
    return f"  sign in as {', '.join(ROLES)} with the password {password}" if password else "  sign in as somebody of your own database"


def _watch(launch: Launch, stop: Stop, broker: Broker | None, missing: Callable[[], str], address: str, invitation: str) -> int:
    began, told, up = time.monotonic(), "", False
    while not stop.asked:
        launch.watch(time.monotonic())
        if broker and not broker.running:
            say("the embedded broker has ended, and its records with it")
            return 1
        waited = time.monotonic() - began
        if not up and not (waits_for := missing()):
            up = True
            say(f"ready after {waited:.0f} s: open {address}   (Ctrl-C stops everything)\n{invitation}")
        elif not up and waited > PATIENCE and waits_for != told:
            told = waits_for
            say(f"not ready after {waited:.0f} s: {told}; the logs say more")
        time.sleep(BEAT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
