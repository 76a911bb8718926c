"""Signing in at a real OpenID Connect provider over TLS: who comes in, as what, and every way in which a provider or a stranger may lie."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine

from demo.memory import RedisServer
from demo.port import free_port
from demo.tied import tied
from domains import oidc
from model import SpecError
from model.person import User
from store.audit import Audit
from store.database import connect
from store.people import People
from tests.door import Browser
from tests.integration.provider import CLIENT, SECRET, Client, path_of
from tests.integration.web import SITE, Web, web
from tests.project import ROOT
from tests.until import until

TABLE = """
[oidc]
en = "City account"
zh = "城市账户"
claim = "deck.groups"
[oidc.roles]
duty = "operator"
chief = "supervisor"
"""


def certificate(folder: Path) -> None:
    """A certificate of this machine's own, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=2)).add_extension(names, False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "tls.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(key.private_bytes(*plain))


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The provider, as a process of its own."""
    folder, port = tmp_path_factory.mktemp("provider"), free_port()
    certificate(folder)
    with (folder / "log").open("wb") as log:
        command = tied([sys.executable, "-m", "tests.integration.provider", str(port), str(folder)])
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    client = Client(port, folder)
    until(lambda: process.poll() is not None or answers(client), f"the provider: {(folder / 'log').read_text()}")
    yield client
    process.kill()
    process.wait()


def answers(client: Client) -> bool:
    try:
        return client.ask("GET", "/keys")[0] == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's site, with a provider."""
    folder = tmp_path_factory.mktemp("site") / "site"
    shutil.copytree(SITE, folder)
    with (folder / "site.toml").open("a") as file:
        file.write(TABLE)
    return folder


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('database') / 'deck.db'}"


@pytest.fixture(scope="module")
def deck(provider: Client, site: Path, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    told = {
        "CITYDECK_SITE": str(site),
        "CITYDECK_OIDC_URL": provider.issuer,
        "CITYDECK_OIDC_CLIENT": CLIENT,
        "CITYDECK_OIDC_SECRET": SECRET,
        "REQUESTS_CA_BUNDLE": str(provider.folder / "tls.pem"),
    }
    with RedisServer(tmp_path_factory.mktemp("redis")) as redis:
        with web(redis.url, tmp_path_factory.mktemp("web"), 2, database, **told) as running:
            yield running


@pytest.fixture
def engine(deck: Web, database: str) -> Iterator[Engine]:
    engine = connect(database)
    yield engine
    engine.dispose()


@pytest.fixture
def browser(deck: Web) -> Browser:
    return Browser(deck.port)


def enter(browser: Browser, provider: Client, then: str = "/system") -> tuple[int, dict[str, str], bytes]:
    """Goes to the provider and comes back."""
    status, headers, _ = browser.ask("GET", f"/login/provider?next={then}")
    assert status == 302, headers
    return browser.ask("GET", path_of(provider.follow(headers["Location"])))


def test_the_form_names_the_provider(browser: Browser) -> None:
    form = browser.ask("GET", "/login?next=/system")[2].decode()
    assert "Sign in with City account" in form and "使用城市账户登录" in form and 'href="/login/provider?next=%2Fsystem"' in form


def test_who_comes_for_the_first_time_becomes_a_user_with_the_role_of_the_claim(browser: Browser, provider: Client, engine: Engine) -> None:
    provider.person("42", preferred_username="Li.Wei", name="Li Wei", deck={"groups": ["duty", "canteen", "chief"]})
    before = dict(browser.cookies)
    status, headers, _ = enter(browser, provider)
    assert (status, headers["Location"]) == (303, "/system")
    assert browser.cookies != before
    told = json.loads(browser.ask("GET", "/me")[2])
    assert (told["name"], told["display"], told["role"]) == ("li.wei", "Li Wei", "supervisor")
    assert People(engine).by_identity(f"{provider.issuer}|42") == People(engine).user("li.wei")
    assert People(engine).password("li.wei") is None
    acts = [(entry.actor, entry.action) for entry in Audit(engine).entries(limit=3)]
    assert acts[:2] == [("li.wei", "sign.in"), ("provider", "user.add")]


def test_who_comes_again_is_the_same_with_the_role_of_today(browser: Browser, provider: Client, engine: Engine) -> None:
    provider.person("43", preferred_username="wang", name="Wang", deck={"groups": ["chief"]})
    enter(browser, provider)
    provider.person("43", preferred_username="wang-renamed", name="Wang Fang", deck={"groups": "duty"})
    enter(browser, provider)
    user = People(engine).user("wang")
    assert user is not None and (user.role, user.display) == ("operator", "Wang Fang")
    assert People(engine).user("wang-renamed") is None


@pytest.mark.parametrize(
    "told", [{}, {"deck": {}}, {"deck": {"groups": ["canteen"]}}, {"deck": {"groups": {"chief": 1}}}, {"groups": ["chief"]}]
)
def test_who_has_no_role_does_not_come_in(browser: Browser, provider: Client, engine: Engine, told: dict[str, Any]) -> None:
    sub = secrets.token_hex(4)
    provider.person(sub, **told)
    status, _, form = enter(browser, provider)
    assert status == 403 and "no role" in form.decode()
    assert browser.ask("GET", "/me")[0] == 401
    assert People(engine).by_identity(f"{provider.issuer}|{sub}") is None


def test_a_claim_that_only_userinfo_has_counts(browser: Browser, provider: Client) -> None:
    provider.person("44", userinfo={"deck": {"groups": ["duty"]}}, preferred_username="zhao")
    assert enter(browser, provider)[0] == 303


def test_userinfo_of_somebody_else_does_not(browser: Browser, provider: Client) -> None:
    provider.person("45", userinfo={"sub": "another", "deck": {"groups": ["duty"]}})
    assert enter(browser, provider)[0] == 403


def test_nobody_takes_the_name_of_a_user_with_a_password(browser: Browser, provider: Client, engine: Engine) -> None:
    provider.person("46", preferred_username="admin", deck={"groups": ["duty"]})
    assert enter(browser, provider)[0] == 303
    told = json.loads(browser.ask("GET", "/me")[2])
    assert (told["name"], told["role"]) == ("admin@localhost", "operator")
    admin = People(engine).user("admin")
    assert admin is not None and admin.identity is None


def test_names_that_cannot_be_ours_are_made_so(browser: Browser, provider: Client) -> None:
    provider.person("47", preferred_username="<script>李 Lei</script>", deck={"groups": ["duty"]})
    assert enter(browser, provider)[0] == 303
    assert json.loads(browser.ask("GET", "/me")[2])["name"] == "script-lei-script"


def test_who_is_disabled_here_does_not_come_in(browser: Browser, provider: Client, engine: Engine) -> None:
    user = User(name="gone", display="Gone", role="operator", disabled=True, identity=f"{provider.issuer}|48")
    People(engine).add(user, "", by="test")
    provider.person("48", preferred_username="gone", name="Gone", deck={"groups": ["duty"]})
    assert enter(browser, provider)[0] == 401
    assert browser.ask("GET", "/me")[0] == 401


TRICKS = (
    "nonce", "no nonce", "audience", "issuer", "expired", "unsigned", "public key as secret", "other key", "no id token", "state",
    "refused", "broken",
)  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_what_cannot_be_believed_lets_nobody_in(browser: Browser, provider: Client, engine: Engine, trick: str) -> None:
    sub = secrets.token_hex(4)
    provider.person(sub, trick, preferred_username=f"trick-{sub}", deck={"groups": ["chief"]})
    status, _, form = enter(browser, provider)
    assert status == 502 and "did not succeed" in form.decode()
    assert browser.ask("GET", "/me")[0] == 401
    assert People(engine).by_identity(f"{provider.issuer}|{sub}") is None
    assert "sign.fail" in [entry.action for entry in Audit(engine).entries(limit=3)]


def test_an_answer_is_good_for_the_browser_that_asked_and_once(browser: Browser, deck: Web, provider: Client) -> None:
    provider.person("49", preferred_username="qian", deck={"groups": ["duty"]})
    _, headers, _ = browser.ask("GET", "/login/provider")
    back = path_of(provider.follow(headers["Location"]))
    other = Browser(deck.port)
    assert other.ask("GET", back)[0] == 502, "a stranger's answer is not taken"
    assert browser.ask("GET", back)[0] == 303
    assert browser.ask("GET", back)[0] == 502
    assert Browser(deck.port).ask("GET", "/login/callback")[0] == 502


def test_each_way_has_secrets_of_its_own_and_is_sent_to_the_deck_only(browser: Browser, deck: Web) -> None:
    asked = [parse_qs(urlsplit(browser.ask("GET", "/login/provider")[1]["Location"]).query) for _ in range(12)]
    for name in ("state", "nonce", "code_challenge"):
        assert len({each[name][0] for each in asked}) == 12
    assert {each["redirect_uri"][0] for each in asked} == {f"http://127.0.0.1:{deck.port}/login/callback"}
    assert len(browser.headers()["Cookie"]) < 4000, "ways that were not gone to their end are forgotten"


def test_nobody_is_led_elsewhere_afterwards(browser: Browser, provider: Client) -> None:
    provider.person("50", preferred_username="sun", deck={"groups": ["duty"]})
    assert enter(browser, provider, "//evil.example")[1]["Location"] == "/"


def test_a_provider_that_is_away_is_said_and_others_sign_in(deck: Web, site: Path, tmp_path: Path, redis_server: RedisServer) -> None:
    told = {"CITYDECK_SITE": str(site), "CITYDECK_OIDC_URL": f"https://localhost:{free_port()}", "CITYDECK_OIDC_CLIENT": CLIENT}
    with web(redis_server.url, tmp_path, 1, **told) as other:
        status, _, form = Browser(other.port).ask("GET", "/login/provider")
        assert status == 502 and "did not succeed" in form.decode()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "oidc"),
        (TABLE.replace('claim = "deck.groups"', ""), "oidc.claim"),
        (TABLE.replace('"operator"', '"boss"'), "oidc.roles.duty"),
        (TABLE.partition("[oidc.roles]")[0], "oidc.roles"),
        (TABLE.partition("duty")[0], "oidc.roles"),
        (TABLE.replace('zh = "城市账户"', 'colour = "red"'), "oidc.colour"),
    ],
)
def test_a_mistake_in_the_site_names_its_field(tmp_path: Path, text: str, field: str) -> None:
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        oidc.read(tmp_path)
    assert caught.value.field == field
