"""The deck of these tests: real processes over Apache Kafka and Redis with the demo's site, and a Chromium that looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from demo.broker import CLIENT, Broker
from demo.memory import RedisServer
from tests.door import PASSWORD
from tests.e2e.deck import Deck
from tests.e2e.window import NoBrowser, Window, chromium, requests
from tests.kafka.jars import NoKafka, jars
from tests.kafka.server import KafkaServer
from tests.project import ROOT

TOPICS = ("city.sea", "city.land", "city.air", "city.traffic", "city.rejects")
PARTITIONS = 2


@pytest.fixture(scope="package")
def servers(request: pytest.FixtureRequest) -> tuple[str, dict[str, str]]:
    """(bootstrap, client options) of Apache Kafka with the city's topics; of the embedded broker where Kafka cannot be had."""
    try:
        jars()
    except NoKafka as reason:
        print(f"no Apache Kafka, so the embedded broker: {reason}")
        broker: Broker = request.getfixturevalue("broker")
        server: Broker | KafkaServer = broker
    else:
        server = request.getfixturevalue("kafka")
    for topic in TOPICS:
        server.create_topic(topic, PARTITIONS)
    return server.bootstrap, dict(CLIENT) if isinstance(server, Broker) else {}


@pytest.fixture(scope="package")
def deck(servers: tuple[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deck]:
    """The running deck; no readings but those that tests send."""
    bootstrap, options = servers
    yield from running(tmp_path_factory, bootstrap, options)


@pytest.fixture(scope="module")
def keeper(deck: Deck) -> Iterator[None]:
    """The process of the alarms, while the tests of one file last."""
    child = deck.start("alarms")
    yield
    deck.end(child)


@pytest.fixture(scope="package")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One Chromium for all; skips with the reason where there is none. In the end its pages and workers have asked nobody else."""
    folder = tmp_path_factory.mktemp("chromium")
    log = folder / "net.json"
    try:
        driver = chromium(folder / "profile", [f"--log-net-log={log}"])
    except NoBrowser as reason:
        pytest.skip(f"no browser: {reason}")
    yield driver
    driver.quit()
    asked = requests(log)
    assert {(origin, url) for origin, url in asked if not url.startswith(origin + "/")} == set()
    assert not asked or any("/live/" in url for _, url in asked), "the log does not show what workers ask"


@pytest.fixture
def browser(driver: Chrome, deck: Deck) -> Iterator[Window]:
    """A window that remembers nothing; when the test is over it must have asked nobody else for anything, and complained of nothing."""
    yield from visit(driver, deck)


@pytest.fixture
def supervisor(deck: Deck, keeper: None, tmp_path: Path) -> Iterator[Window]:
    """A browser of its own in which a supervisor is signed in."""
    yield from seated(deck, tmp_path, "supervisor")


def seated(deck: Deck, folder: Path, name: str) -> Iterator[Window]:
    """A browser of their own in which somebody is signed in; in the end it must have complained of nothing."""
    try:
        driver = chromium(folder / "profile")
    except NoBrowser as reason:
        pytest.skip(f"no browser: {reason}")
    window = Window(driver, deck.base)
    window.sign_in(name, PASSWORD)
    window.live()
    yield window
    window.check()
    driver.quit()


def running(tmp_path_factory: pytest.TempPathFactory, bootstrap: str, options: dict[str, str]) -> Iterator[Deck]:
    """A deck over a given Kafka and a Redis of its own, ready, until the fixture that asks for it ends."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as redis:
        deck = Deck(tmp_path_factory.mktemp("deck"), ROOT / "demo" / "site", bootstrap, redis.url, options)
        try:
            for name in ("ingest", "frames", "web"):
                deck.start(name)
            deck.ready()
            yield deck
        finally:
            deck.stop()


def visit(driver: Chrome, deck: Deck) -> Iterator[Window]:
    """One test's window on a deck, in which an administrator is signed in; the first of a deck does so through the form."""
    window = Window(driver, deck.base)
    if deck.cookies:
        window.hold(deck.cookies)
    else:
        window.sign_in("admin", PASSWORD)
        window.live()
        deck.cookies = window.cookies()
    list(window.requests())
    driver.get_log("browser")  # type: ignore[no-untyped-call]
    try:
        yield window
        window.check()
    finally:
        _leave(driver, deck)


def _leave(driver: Chrome, deck: Deck) -> None:
    first, *further = driver.window_handles
    for handle in further:
        driver.switch_to.window(handle)
        driver.close()
    driver.switch_to.window(first)
    driver.get("about:blank")
    driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": deck.base, "storageTypes": "all"})
