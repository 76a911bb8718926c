"""The environment as one typed object, read by the entry points only.

Options of the clients pass through by the clients' own names: `CITYDECK_KAFKA_<OPTION>` is kafka-python's `<option>`, and Redis options
stand in the query of its address (`rediss://host/0?ssl_ca_certs=ca.pem`).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from model import SpecError

PREFIX = "CITYDECK_"
KAFKA_PREFIX = "CITYDECK_KAFKA_"
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
SHORTEST_KEY, FEWEST_LETTERS = 32, 9
"""Of a secret key: its length, and how many different letters it has; 32 random ones of base 16 have more."""
KEY_WORDS = ("secret", "change", "password", "citydeck", "example", "12345")
"""What a key holds that somebody copied or made up."""
MAKE_KEY = "import secrets; print(secrets.token_urlsafe(32))"
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
NUMBERS = ("receive_buffer_bytes", "send_buffer_bytes")
"""Numbers for which the Kafka client has no default."""


def _redis_address(value: str) -> str:
    if not value.startswith(REDIS_SCHEMES):
        raise ValueError(f"must begin with one of {', '.join(REDIS_SCHEMES)}")
    return value


def _origin(value: str) -> str:
    """`value` as a browser names it in the header Origin: a scheme and a host, and no more."""
    found = urlsplit(value)
    if found.scheme not in ("http", "https") or not found.hostname or f"{found.scheme}://{found.netloc}" != value.rstrip("/"):
        raise ValueError("must be http:// or https://, a host, and no path")
    return value.rstrip("/").lower()


def _provider(value: str) -> str:
    found = urlsplit(value)
    if not found.hostname or found.scheme != "https" and not (found.scheme == "http" and is_loopback(found.hostname)):
        raise ValueError("must begin with https://, or be on this machine")
    return value.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether only this machine is called so."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Settings(BaseModel):
    """What an operator may set. Each field is the variable CITYDECK_<FIELD>; a text that is not what its field needs is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    site: str = Field(min_length=1, description="Folder of the city: site.toml, sensors, basemap, further domains. It has no default.")
    kafka: str = Field("127.0.0.1:9092", min_length=1, description="Kafka's bootstrap servers, host:port, separated by commas.")
    redis: Annotated[str, AfterValidator(_redis_address)] = Field(
        "redis://127.0.0.1:6379/0", description="Address of Redis; its client's options stand in the query."
    )
    database: str = Field("sqlite:///citydeck.db", min_length=1, description="SQLAlchemy address of the journal, SQLite or PostgreSQL.")
    history: str = Field("history", min_length=1, description="Folder or object-store address that holds the history's Parquet files.")
    raw_days: int = Field(30, ge=2, le=36_600, description="Days that the history keeps readings.")
    minute_days: int = Field(1826, ge=2, le=36_600, description="Days that the history keeps the minutes that readings are rolled up to.")
    flush_seconds: float = Field(60.0, gt=0, le=600, description="Seconds after which the history writes what came of a partition.")
    exercise: str = Field(
        "",
        pattern="^[a-z0-9-]{0,32}$",
        description="Name of an exercise: this deck is for training, marked EXERCISE, with topics, a Redis and a database of its own.",
    )
    secret_key: SecretStr = Field(SecretStr(""), description="Signs the cookies of people; the same for every web process of a city.")
    address: Annotated[str, AfterValidator(lambda value: value and _origin(value))] = Field(
        "", description="How browsers reach the deck, https://<host>, where that is not by loopback."
    )
    proxies: int = Field(0, ge=0, le=9, description="How many proxies stand before the web process, whose X-Forwarded-For is believed.")
    idle_hours: float = Field(
        4.0, gt=0, le=8760, description="Hours after a person last did something, moving the mouse included, that a sign-in ends."
    )
    session_hours: float = Field(14.0, gt=0, le=8760, description="Hours after which a sign-in ends in any case.")
    oidc_url: Annotated[str, AfterValidator(lambda value: value and _provider(value))] = Field(
        "", description="Address of the provider with whom people may sign in (OpenID Connect)."
    )
    oidc_client: str = Field("", description="What the provider calls the deck: its client id.")
    oidc_secret: SecretStr = Field(
        SecretStr(""), description="The client secret that the provider gave the deck; empty for a public client."
    )
    port: int = Field(8050, ge=0, le=65_535, description="Port of the web process; 0 lets the demo choose one.")
    host: str = Field("127.0.0.1", min_length=1, description="Address the web process listens on.")
    workers: int = Field(2, ge=1, le=256, description="Web processes behind that port; one per core that may serve screens.")
    lang: Literal["en", "zh"] = Field("en", description="Language of a browser that has not chosen one.")
    kafka_texts: dict[str, str] = Field(default_factory=dict, description="Options of the Kafka client, as CITYDECK_KAFKA_<OPTION>.")

    @property
    def public(self) -> bool:
        """Whether anybody but this machine can reach the deck."""
        return not is_loopback(self.host) or bool(self.address) and not is_loopback(urlsplit(self.address).hostname or "")

    def kafka_options(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """The further options of the Kafka client, each in the type of its default in `defaults` (`KafkaConsumer.DEFAULT_CONFIG`).

        Raises SpecError for an option the client does not have or cannot be given as text. `defaults` is an argument so that a
        process without Kafka need not load its client.
        """
        return {option: _option(option, text, defaults) for option, text in self.kafka_texts.items()}


def load(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` holds; an empty variable is one not set. SpecError names the one that is wrong, missing or unknown."""
    given = {name: text for name, text in environ.items() if name.startswith(PREFIX) and text.strip()}
    kafka = {name.removeprefix(KAFKA_PREFIX).lower(): text for name, text in given.items() if name.startswith(KAFKA_PREFIX)}
    values = {name.removeprefix(PREFIX).lower(): text for name, text in given.items() if not name.startswith(KAFKA_PREFIX)}
    try:
        settings = Settings.model_validate({**values, "kafka_texts": kafka})
    except ValidationError as error:
        first = error.errors()[0]
        raise SpecError("environment", PREFIX + str(first["loc"][0]).upper(), _reason(first["type"], first["msg"])) from error
    _check_together(settings)
    return settings


def _check_together(settings: Settings) -> None:
    """SpecError for what is wrong only beside something else."""
    if settings.public and _is_weak(settings.secret_key.get_secret_value()):
        reason = f"must be {SHORTEST_KEY} random letters or more, for the deck can be reached from outside: python -c {MAKE_KEY!r}"
        raise SpecError("environment", "CITYDECK_SECRET_KEY", reason)
    if not is_loopback(settings.host) and not settings.address:
        raise SpecError("environment", "CITYDECK_ADDRESS", "must be set where CITYDECK_HOST is not a loopback address")
    for name in ("redis", "database") if settings.exercise else ():
        if name not in settings.model_fields_set:
            raise SpecError("environment", PREFIX + name.upper(), "must be set for an exercise, which has its own")
    if settings.oidc_url and not settings.oidc_client:
        raise SpecError("environment", "CITYDECK_OIDC_CLIENT", "must be set where CITYDECK_OIDC_URL is")


def _is_weak(key: str) -> bool:
    return len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_LETTERS or any(word in key.lower() for word in KEY_WORDS)


def _reason(kind: str, message: str) -> str:
    known = ", ".join(sorted(PREFIX + name.upper() for name in Settings.model_fields if name != "kafka_texts"))
    texts = {"missing": "must be set", "extra_forbidden": f"there is no such setting; there are {known} and {KAFKA_PREFIX}<OPTION>"}
    return texts.get(kind) or message.removeprefix("Value error, ")


def _option(option: str, text: str, defaults: Mapping[str, Any]) -> Any:
    variable = KAFKA_PREFIX + option.upper()
    if option not in defaults:
        raise SpecError("environment", variable, "the Kafka client has no such option")
    try:
        return _typed(option, text, defaults[option])
    except ValueError as error:
        raise SpecError("environment", variable, str(error)) from error


def _typed(option: str, text: str, default: Any) -> Any:
    """`text` in the type of `default`. An option without a default is a text, so that a password of digits stays one."""
    if option == "api_version":
        return tuple(int(part) for part in text.split("."))
    if isinstance(default, bool):
        return _truth(text)
    if isinstance(default, (int, float)) or option in NUMBERS:
        return float(text) if isinstance(default, float) else int(text)
    if default is None or isinstance(default, str):
        return text
    raise ValueError("this option cannot be given as text")


def _truth(text: str) -> bool:
    if text.lower() not in TRUE + FALSE:
        raise ValueError(f"must be one of {', '.join(TRUE + FALSE)}, not {text!r}")
    return text.lower() in TRUE
