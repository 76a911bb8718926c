"""Telling the outside: real servers of web and mail, a real journal, and the process itself, also killed in the middle."""

from __future__ import annotations

import base64
import json
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import update

from demo.memory import RedisServer
from demo.port import LOOPBACK, free_port
from model.alarm import Event
from model.outside import Mailbox, Recipient, Tls, Webhook
from store import schema
from store.connect import connect as connect_redis
from store.database import connect, migrate, writing
from store.journal import Journal
from store.letters import Letters
from streams.notify import Notify
from streams.post import Failed, send_mail, send_webhook
from streams.pulse import Pulse
from tests.integration.web import ROOT
from tests.unit.test_letter import EVENT, NAMES
from tests.unit.warnings import NOW
from tests.until import until

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ...").decode()


class Receiver:
    """A web server in a process of its own that keeps what it is posted."""

    def __init__(self, folder: Path, *answers: str) -> None:
        self._log, self._answers, port = folder / "received", folder / "answers", folder / "port"
        self.answer(*answers or ("204",))
        command = [sys.executable, "-m", "tests.integration.receiver", str(port), str(self._log), str(self._answers)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        until(lambda: port.exists() and port.read_text(), "the receiver to listen")
        self.url = f"http://{LOOPBACK}:{port.read_text()}/alarms?to=us"

    def answer(self, *statuses: str) -> None:
        self._answers.write_text("\n".join(statuses))

    def received(self) -> list[dict[str, Any]]:
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [json.loads(line) for line in lines]

    def seqs(self) -> list[int]:
        """Places of the events that it took."""
        taken = [json.loads(one["body"]) for one in self.received() if one["status"] == "204"]
        return [event["seq"] for body in taken for event in body["data"]["events"]]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    receiver = Receiver(tmp_path)
    yield receiver
    receiver.process.kill()
    receiver.process.wait()


def hook(receiver: Receiver, **more: Any) -> Recipient:
    via = Webhook(url=receiver.url, secret="SECRET")
    return replace(Recipient(name="duty", via=via, language="en", kinds=(), priorities=(), areas=(), domains=()), **more)


def verified(one: dict[str, Any], now: float) -> bool:
    """What docs/integrator.md tells a receiver to check."""
    told: dict[str, Any] = {}
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "integrator.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(next(example for example in examples if "def genuine" in example), told)
    return bool(told["genuine"](one["headers"], one["body"].encode(), SECRET, now))


# webhooks, one by one


def test_a_webhook_is_signed_over_id_time_and_body(receiver: Receiver) -> None:
    send_webhook(Webhook(url=receiver.url, secret=""), SECRET, "duty-1-2", {"text": "溶解氧 \u2028 'x'"}, NOW)
    (one,) = receiver.received()
    assert verified(one, NOW + 299) and not verified(one, NOW + 301) and json.loads(one["body"]) == {"text": "溶解氧 \u2028 'x'"}
    assert one["headers"]["content-type"] == "application/json" and one["headers"]["webhook-id"] == "duty-1-2"
    assert not verified({**one, "body": one["body"] + " "}, NOW)


@pytest.mark.parametrize(
    ("status", "for_ever"), [("500", False), ("503", False), ("429", False), ("408", False), ("400", True), ("302", True), ("410", True)]
)
def test_what_an_answer_means(receiver: Receiver, status: str, for_ever: bool) -> None:
    receiver.answer(status)
    with pytest.raises(Failed, match=f"answered {status}") as caught:
        send_webhook(Webhook(url=receiver.url, secret=""), "x", "1", {}, NOW)
    assert caught.value.for_ever is for_ever and len(receiver.received()) == 1


def test_nobody_there_is_to_be_tried_again(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    with pytest.raises(Failed, match="ConnectionRefusedError") as caught:
        send_webhook(Webhook(url=f"http://{LOOPBACK}:{free_port()}/", secret=""), "x", "1", {}, NOW)
    assert not caught.value.for_ever
    monkeypatch.setattr("streams.post.PATIENCE_SECONDS", 0.3)
    receiver.answer("slow")
    with pytest.raises(Failed, match="TimeoutError"):
        send_webhook(Webhook(url=receiver.url, secret=""), "x", "1", {}, NOW)


# mail, one by one


class Postmaster:
    """A mail server that keeps what it is handed, and may want a password or refuse somebody."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.to: list[list[str]] = []
        self.refused: dict[str, str] = {}
        self.secure: list[bool] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.to.append(list(envelope.rcpt_tos))
        self.secure.append(session.ssl is not None)
        return "250 OK"


def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=isinstance(data, LoginPassword) and (data.login, data.password) == (b"deck", b"open"), handled=False)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate of this machine's own making, in a file, and a server's use of it."""
    key, folder = ec.generate_private_key(ec.SECP256R1()), tmp_path_factory.mktemp("identity")
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
    certificate = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(private + certificate)
    (folder / "certificate.pem").write_bytes(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return folder / "certificate.pem", context


@contextmanager
def post_office(postmaster: Postmaster, tls: Tls, context: ssl.SSLContext, guarded: bool = False) -> Iterator[Mailbox]:
    """A mail server, and the way to it."""
    options: dict[str, Any] = {"tls_context": context, "require_starttls": True} if tls == "starttls" else {}
    options |= {"authenticator": check, "auth_required": True, "auth_require_tls": tls == "starttls"} if guarded else {}
    options |= {"ssl_context": context} if tls == "tls" else {}
    controller = Controller(postmaster, hostname=LOOPBACK, port=free_port(), **options)
    controller.start()
    try:
        user = ("deck", "PASSWORD") if guarded else ("", "")
        yield Mailbox(
            to=("duty@example.org", "chief@example.org"),
            sender="deck@example.org",
            host=LOOPBACK,
            port=controller.port,
            tls=tls,
            user=user[0],
            password=user[1],
        )
    finally:
        controller.stop()


LETTER = {"subject": "[城] 紧急 溶解氧低", "text": "一行\n.\nhere\n"}


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")  # it means STARTTLS, where TLS is there already
@pytest.mark.parametrize(("tls", "guarded"), [("starttls", True), ("tls", True), ("none", False)])
def test_a_mail_arrives(identity: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch, tls: Tls, guarded: bool) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(identity[0]))
    postmaster = Postmaster()
    with post_office(postmaster, tls, identity[1], guarded) as via:
        send_mail(via, "open", "duty-1-2", LETTER, NOW)
    (mail,) = postmaster.mails
    assert (
        mail["Subject"] == LETTER["subject"] and mail["To"] == "duty@example.org, chief@example.org" and mail["From"] == "deck@example.org"
    )
    assert mail["Message-ID"] == "<duty-1-2@example.org>" and mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().replace("\r\n", "\n") == LETTER["text"]  # type: ignore[attr-defined]
    assert postmaster.to == [["duty@example.org", "chief@example.org"]] and postmaster.secure == [tls == "starttls"]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_server_nobody_vouches_for_gets_nothing(identity: tuple[Path, ssl.SSLContext], tls: Tls) -> None:
    postmaster = Postmaster()
    with post_office(postmaster, tls, identity[1]) as via, pytest.raises(Failed, match="CERTIFICATE_VERIFY_FAILED") as caught:
        send_mail(via, "", "1", LETTER, NOW)
    assert postmaster.mails == [] and not caught.value.for_ever


def test_a_wrong_password_is_to_be_mended_and_tried_again(identity: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(identity[0]))
    with post_office(Postmaster(), "starttls", identity[1], guarded=True) as via, pytest.raises(Failed, match="535") as caught:
        send_mail(via, "wrong", "1", LETTER, NOW)
    assert not caught.value.for_ever


@pytest.mark.parametrize(
    ("refused", "for_ever", "mails"),
    [
        ({"duty@example.org": "550 no", "chief@example.org": "550 no"}, True, 0),
        ({"duty@example.org": "451 later", "chief@example.org": "451 later"}, False, 0),
        ({"duty@example.org": "550 no"}, True, 1),
    ],
)
def test_a_refused_reader(identity: tuple[Path, ssl.SSLContext], refused: dict[str, str], for_ever: bool, mails: int) -> None:
    postmaster = Postmaster()
    postmaster.refused = refused
    with post_office(postmaster, "none", identity[1]) as via, pytest.raises(Failed, match="refused: duty@example.org") as caught:
        send_mail(via, "", "1", LETTER, NOW)
    assert caught.value.for_ever is for_ever and len(postmaster.mails) == mails


def test_no_mail_server_is_to_be_tried_again() -> None:
    via = Mailbox(to=("a@b",), sender="c@d", host=LOOPBACK, port=free_port(), tls="none")
    with pytest.raises(Failed, match="ConnectionRefusedError") as caught:
        send_mail(via, "", "1", LETTER, NOW)
    assert not caught.value.for_ever


# from the journal to the recipient


class Deck:
    """A journal, and the process that tells of it, without the process's own loop."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.url, self.now = f"sqlite:///{folder / 'deck.db'}", NOW
        self.engine = connect(self.url)
        migrate(self.engine)
        self.journal, self.letters = Journal(self.engine, lambda: self.now), Letters(self.engine, lambda: self.now)
        self.fence, self._count = self.journal.take_over("test"), 0
        self._pulse = Pulse(connect_redis(redis_url), "notify")

    def notify(self, recipient: Recipient) -> Notify:
        self.letters.progress(recipient.name)
        secrets = {recipient.name: SECRET}
        return Notify(self.letters, [recipient], secrets, NAMES, "Asia/Shanghai", self._pulse, lambda: self.now, gather=0.0)

    def happen(self, count: int = 1, **more: Any) -> list[Event]:
        events = [replace(EVENT, source=f"s{self._count + n}", **more) for n in range(count)]
        self._count += count
        return self.journal.record(self.fence, events=events)


@pytest.fixture
def deck(tmp_path: Path, redis_server: RedisServer) -> Deck:
    return Deck(tmp_path, redis_server.url)


def look(notify: Notify, recipient: Recipient, times: int = 1) -> None:
    for _ in range(times):
        notify.sort(recipient)
        notify.send(recipient)


def test_every_event_is_told_once_and_in_order(deck: Deck, receiver: Receiver) -> None:
    recipient = hook(receiver)
    notify = deck.notify(recipient)
    deck.happen(250)
    look(notify, recipient, times=2)
    deck.happen()
    look(notify, recipient)
    assert receiver.seqs() == list(range(1, 252)) and len(receiver.received()) == 4
    assert all(verified(one, deck.now) for one in receiver.received()) and deck.letters.waiting() == {}


def test_a_failing_recipient_is_told_when_it_is_back_with_the_same_id(deck: Deck, receiver: Receiver) -> None:
    recipient = hook(receiver)
    notify = deck.notify(recipient)
    receiver.answer("500", "503", "204")
    deck.happen(2)
    for _ in range(3):
        look(notify, recipient, times=2)
        deck.now += 10
    assert [one["status"] for one in receiver.received()] == ["500", "503", "204"]
    assert len({one["headers"]["webhook-id"] for one in receiver.received()}) == 1
    assert len({one["headers"]["webhook-timestamp"] for one in receiver.received()}) == 3


def test_a_refused_letter_is_dead_and_seen_and_can_be_sent_again(deck: Deck, receiver: Receiver) -> None:
    recipient = hook(receiver)
    notify = deck.notify(recipient)
    receiver.answer("400", "204")
    deck.happen()
    notify.sort(recipient)
    deck.happen()
    look(notify, recipient)
    assert receiver.seqs() == [2]
    (dead,) = deck.letters.undelivered()
    assert dead.error == "answered 400" and dead.body["data"]["events"][0]["seq"] == 1
    deck.letters.revive(dead.id, "wang")
    look(notify, recipient)
    assert receiver.seqs() == [2, 1]


def test_a_filter_is_kept_and_a_new_recipient_hears_nothing_old(deck: Deck, receiver: Receiver) -> None:
    deck.happen(3)
    recipient = hook(receiver, priorities=("critical",))
    notify = deck.notify(recipient)
    deck.happen(5), deck.happen(priority="critical")
    look(notify, recipient)
    assert receiver.seqs() == [9]


def test_a_flood_is_one_mail(deck: Deck, identity: tuple[Path, ssl.SSLContext]) -> None:
    postmaster = Postmaster()
    with post_office(postmaster, "none", identity[1]) as via:
        recipient = Recipient(name="duty", via=via, language="en", kinds=("raised",), priorities=(), areas=(), domains=())
        notify = deck.notify(recipient)
        for count in (1, 0, 12, 50, 50, 0):
            deck.happen(count) if count else None
            deck.now += 15
            look(notify, recipient)
        deck.now += 700
        look(notify, recipient)
        deck.happen()
        look(notify, recipient)
    assert [mail["Subject"].strip() for mail in postmaster.mails] == [
        "[Town] high Low oxygen: Buoy of dapeng",
        "[Town] Alarm flood: 12 events in ten minutes, now Low oxygen: Buoy of dapeng",
        "[Town] high Low oxygen: Buoy of dapeng",
    ]
    assert "100 events came during the last alarm flood" in postmaster.mails[2].get_content()  # type: ignore[attr-defined]


# the process itself


def write_site(folder: Path, receiver: Receiver) -> Path:
    site = folder / "site"
    (site / "sensors").mkdir(parents=True)
    text = (ROOT / "demo" / "site" / "site.toml").read_text(encoding="utf-8")
    table = f'\n[[notify]]\nname = "duty"\nwebhook = "{receiver.url}"\nsecret = "DUTY_SECRET"\n'
    (site / "site.toml").write_text(text + table, encoding="utf-8")
    return site


def start(site: Path, deck: Deck, redis_url: str, log: Path) -> subprocess.Popen[bytes]:
    own = {"CITYDECK_SITE": str(site), "CITYDECK_REDIS": redis_url, "CITYDECK_DATABASE": deck.url, "DUTY_SECRET": SECRET}
    with log.open("ab") as out:
        return subprocess.Popen([sys.executable, "-m", "streams", "notify"], cwd=ROOT, env={"PATH": "", **own}, stderr=out)


@pytest.fixture
def running(tmp_path: Path, deck: Deck, receiver: Receiver, redis_server: RedisServer) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts the process; what still runs is killed in the end."""
    started: list[subprocess.Popen[bytes]] = []
    site = write_site(tmp_path, receiver)

    def run() -> subprocess.Popen[bytes]:
        started.append(start(site, deck, redis_server.url, tmp_path / "log"))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


def test_the_process_tells_and_stops_in_good_order(deck: Deck, receiver: Receiver, running: Callable[[], subprocess.Popen[bytes]]) -> None:
    deck.letters.progress("duty")
    deck.happen(3)
    process = running()
    until(lambda: receiver.seqs() == [1, 2, 3], "the events to be told")
    process.send_signal(signal.SIGTERM)
    assert process.wait(90) == 0


def test_killed_at_any_moment_nothing_is_lost(deck: Deck, receiver: Receiver, running: Callable[[], subprocess.Popen[bytes]]) -> None:
    deck.letters.progress("duty")
    receiver.answer("slow", "204", "500", "slow", "204")
    for killed in range(1, 5):
        deck.happen(20)
        process = running()
        until(lambda: at_once(deck) and len(receiver.received()) >= killed, "the next letter")  # noqa: B023  # called at once
        process.kill()
        process.wait()
    running()
    until(lambda: at_once(deck) and set(receiver.seqs()) == set(range(1, 81)), "everything to be told")
    letters = {one["headers"]["webhook-id"]: json.loads(one["body"]) for one in receiver.received()}
    assert sorted(event["seq"] for body in letters.values() for event in body["data"]["events"]) == list(range(1, 81))


def at_once(deck: Deck) -> bool:
    """Nobody rests: as if the time for it had passed."""
    with writing(deck.engine) as connection:
        connection.execute(update(schema.recipient).values(due=0.0))
    return True


def test_a_secret_that_is_not_there_stops_the_start(tmp_path: Path, deck: Deck, receiver: Receiver, redis_server: RedisServer) -> None:
    own = {"CITYDECK_SITE": str(write_site(tmp_path, receiver)), "CITYDECK_REDIS": redis_server.url, "CITYDECK_DATABASE": deck.url}
    command = [sys.executable, "-m", "streams", "notify"]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": "", **own}, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "DUTY_SECRET: must be set: [[notify]] 'duty' names it" in done.stderr
