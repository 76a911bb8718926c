"""The environment becomes settings, and whatever is wrong in it stops the start by name."""

from __future__ import annotations

from typing import Any

import pytest

from model import SpecError
from settings import load

SITE = {"CITYDECK_SITE": "demo/site"}
CLIENT: dict[str, Any] = {
    "fetch_max_wait_ms": 500,
    "consumer_timeout_ms": float("inf"),
    "check_crcs": True,
    "security_protocol": "PLAINTEXT",
    "sasl_plain_password": None,
    "receive_buffer_bytes": None,
    "api_version": None,
    "socket_options": [(6, 1, 1)],
}


def refused(name: str, text: str) -> str:
    """The reason for which the settings are refused on account of variable `name`."""
    with pytest.raises(SpecError) as caught:
        load({**SITE, name: text})
    assert caught.value.field == name
    return caught.value.reason


def refused_with(name: str, **texts: str) -> str:
    """The reason for which variable `name` is refused beside others."""
    with pytest.raises(SpecError) as caught:
        load({**SITE, **texts})
    assert caught.value.field == name
    return caught.value.reason


def test_what_is_not_set_has_a_default() -> None:
    settings = load(SITE)
    assert (settings.kafka, settings.redis) == ("127.0.0.1:9092", "redis://127.0.0.1:6379/0")
    assert (settings.host, settings.port, settings.lang) == ("127.0.0.1", 8050, "en")
    assert (settings.address, settings.proxies, settings.oidc_url, settings.public) == ("", 0, "", False)
    assert settings.idle_hours < settings.session_hours and settings.session_hours > 12  # the longest shift, with its hand-over


def test_other_variables_of_the_environment_are_ignored() -> None:
    assert load({**SITE, "PATH": "/bin", "REDIS": "x"}) == load(SITE)


def test_every_variable_reaches_its_field() -> None:
    texts = {
        "site": "city", "kafka": "a:1,b:2", "redis": "rediss://r/1?ssl_ca_certs=ca.pem", "database": "postgresql://d",
        "history": "s3://h", "secret_key": "shh", "port": "9000", "host": "localhost", "lang": "zh", "workers": "3",
        "address": "http://localhost", "proxies": "1", "idle_hours": "1.5", "session_hours": "9",
        "oidc_url": "https://id", "oidc_client": "deck", "oidc_secret": "hush",
    }  # fmt: skip
    settings = load({f"CITYDECK_{name.upper()}": text for name, text in texts.items()})
    held = {name: getattr(settings, name) for name in texts}
    for name in ("secret_key", "oidc_secret"):
        assert held.pop(name).get_secret_value() == texts.pop(name)
    assert held == {**texts, "port": 9000, "workers": 3, "proxies": 1, "idle_hours": 1.5, "session_hours": 9.0}


@pytest.mark.parametrize("field", ["idle_hours", "session_hours"])
def test_a_sign_in_has_an_end(field: str) -> None:
    assert getattr(load({**SITE, f"CITYDECK_{field.upper()}": "0.5"}), field) == 0.5
    assert refused(f"CITYDECK_{field.upper()}", "0") and refused(f"CITYDECK_{field.upper()}", "-1")


def test_the_secret_is_not_shown() -> None:
    assert "shh" not in repr(load({**SITE, "CITYDECK_SECRET_KEY": "shh"}))


def test_an_empty_variable_is_one_not_set() -> None:
    assert load({**SITE, "CITYDECK_PORT": "", "CITYDECK_REDIS": " "}) == load(SITE)


def test_the_site_must_be_named() -> None:
    with pytest.raises(SpecError, match="CITYDECK_SITE: must be set"):
        load({})


def test_an_unknown_variable_is_refused_with_those_that_exist() -> None:
    assert "CITYDECK_REDIS" in refused("CITYDECK_REDDIS", "redis://r")


@pytest.mark.parametrize("text", ["http", "70000", "-1", "8050.5"])
def test_a_port_is_a_port(text: str) -> None:
    assert refused("CITYDECK_PORT", text)


KEY = "J3kf9-mPq0aZxW71_bnRt4uVcY8sLdEh"
OUTSIDE = [
    {"CITYDECK_HOST": "0.0.0.0", "CITYDECK_ADDRESS": "https://deck.example"},  # noqa: S104
    {"CITYDECK_HOST": "192.168.1.4", "CITYDECK_ADDRESS": "http://192.168.1.4:8050"},
    {"CITYDECK_HOST": "127.0.0.1.example", "CITYDECK_ADDRESS": "http://localhost"},
    {"CITYDECK_ADDRESS": "https://deck.example"},
]
"""Settings by which others than this machine may reach the deck."""
WEAK_KEYS = ["", "short", KEY[:-1], "abcdefgh" * 4, "this-is-a-Secret-" + KEY, "CHANGE-me-" + KEY, "0123456789" * 4]


@pytest.mark.parametrize("key", WEAK_KEYS)
@pytest.mark.parametrize("outside", OUTSIDE)
def test_whom_others_can_reach_needs_a_strong_key(outside: dict[str, str], key: str) -> None:
    with pytest.raises(SpecError) as caught:
        load({**SITE, **outside, "CITYDECK_SECRET_KEY": key})
    assert (caught.value.file, caught.value.field) == ("environment", "CITYDECK_SECRET_KEY")
    assert not key or key not in caught.value.reason
    assert load({**SITE, **outside, "CITYDECK_SECRET_KEY": KEY}).public


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_on_loopback_no_key_is_needed(text: str) -> None:
    assert not load({**SITE, "CITYDECK_HOST": text, "CITYDECK_ADDRESS": "http://localhost:8050", "CITYDECK_SECRET_KEY": "weak"}).public


def test_who_listens_to_others_says_how_they_reach_it() -> None:
    with pytest.raises(SpecError, match="CITYDECK_ADDRESS: must be set"):
        load({**SITE, "CITYDECK_HOST": "0.0.0.0", "CITYDECK_SECRET_KEY": KEY})  # noqa: S104


@pytest.mark.parametrize(
    "text", ["deck.example", "https://", "https://deck.example/x", "https://deck.example?x", "ftp://deck.example", "https://:1"]
)
def test_an_address_is_an_origin(text: str) -> None:
    assert "no path" in refused("CITYDECK_ADDRESS", text)


def test_an_address_is_as_browsers_write_it() -> None:
    told = {"CITYDECK_ADDRESS": "https://Deck.Example:8443/", "CITYDECK_SECRET_KEY": KEY}
    assert load({**SITE, **told}).address == "https://deck.example:8443"


@pytest.mark.parametrize("text", ["id.example", "http://id.example", "ftp://id.example", "https://"])
def test_a_provider_is_reached_by_tls(text: str) -> None:
    assert "https" in refused("CITYDECK_OIDC_URL", text)


def test_a_provider_needs_a_client_id() -> None:
    assert "CITYDECK_OIDC_URL" in refused_with("CITYDECK_OIDC_CLIENT", CITYDECK_OIDC_URL="http://127.0.0.1:9/realm/")
    settings = load({**SITE, "CITYDECK_OIDC_URL": "https://id.example/realm/", "CITYDECK_OIDC_CLIENT": "deck"})
    assert settings.oidc_url == "https://id.example/realm"


def test_redis_needs_a_scheme() -> None:
    assert "rediss://" in refused("CITYDECK_REDIS", "localhost:6379")


def test_language_is_one_of_two() -> None:
    assert "zh" in refused("CITYDECK_LANG", "de")


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("fetch_max_wait_ms", "5", 5),
        ("consumer_timeout_ms", "2.5", 2.5),
        ("check_crcs", "false", False),
        ("check_crcs", "Yes", True),
        ("security_protocol", "SASL_SSL", "SASL_SSL"),
        ("sasl_plain_password", "12345", "12345"),
        ("receive_buffer_bytes", "65536", 65_536),
        ("api_version", "2.3", (2, 3)),
    ],
)
def test_kafka_options_take_the_type_of_their_default(option: str, text: str, value: object) -> None:
    options = load({**SITE, f"CITYDECK_KAFKA_{option.upper()}": text}).kafka_options(CLIENT)
    assert options == {option: value}
    assert type(options[option]) is type(value)


@pytest.mark.parametrize(
    ("option", "text"),
    [("fetch_max_wait", "5"), ("fetch_max_wait_ms", "soon"), ("check_crcs", "maybe"), ("socket_options", "[]"), ("api_version", "new")],
)
def test_a_wrong_kafka_option_names_its_variable(option: str, text: str) -> None:
    settings = load({**SITE, f"CITYDECK_KAFKA_{option.upper()}": text})
    with pytest.raises(SpecError) as caught:
        settings.kafka_options(CLIENT)
    assert caught.value.field == f"CITYDECK_KAFKA_{option.upper()}"
