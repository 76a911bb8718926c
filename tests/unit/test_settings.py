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


def test_what_is_not_set_has_a_default() -> None:
    settings = load(SITE)
    assert (settings.kafka, settings.redis) == ("127.0.0.1:9092", "redis://127.0.0.1:6379/0")
    assert (settings.host, settings.port, settings.lang) == ("127.0.0.1", 8050, "en")


def test_other_variables_of_the_environment_are_ignored() -> None:
    assert load({**SITE, "PATH": "/bin", "REDIS": "x"}) == load(SITE)


def test_every_variable_reaches_its_field() -> None:
    texts = {
        "site": "city", "kafka": "a:1,b:2", "redis": "rediss://r/1?ssl_ca_certs=ca.pem", "database": "postgresql://d",
        "history": "s3://h", "secret_key": "shh", "port": "9000", "host": "localhost", "lang": "zh", "workers": "3",
    }  # fmt: skip
    settings = load({f"CITYDECK_{name.upper()}": text for name, text in texts.items()})
    held = {name: getattr(settings, name) for name in texts}
    assert held.pop("secret_key").get_secret_value() == texts.pop("secret_key")
    assert held == {**texts, "port": 9000, "workers": 3}


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


@pytest.mark.parametrize("text", ["0.0.0.0", "192.168.1.4", "::", "deck.example", "127.0.0.1.example"])  # noqa: S104
def test_nobody_outside_is_served_without_sign_in(text: str) -> None:
    assert "sign-in" in refused("CITYDECK_HOST", text)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_served(text: str) -> None:
    assert load({**SITE, "CITYDECK_HOST": text}).host == text


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
