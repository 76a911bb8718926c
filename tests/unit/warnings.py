"""CAP messages as tests need them, and people who sign them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from model import Area, Label, Sensor, Site

NOW = 1_795_201_200.0
"""2026-11-20T19:00:00Z."""
CAP = "urn:oasis:names:tc:emergency:cap:1.2"
SENDER = "weather@example.org"
SQUARE = "22.5,114.4 22.5,114.6 22.7,114.6 22.7,114.4 22.5,114.4"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def stamp(seconds: float = 0.0) -> str:
    """A CAP time so many seconds after NOW."""
    return datetime.fromtimestamp(NOW + seconds, UTC).isoformat(timespec="seconds")


def info(**more: str | None) -> str:
    """One <info>; a value None leaves an element out, `area` is XML."""
    told: dict[str, str | None] = {
        "language": "en-GB",
        "category": "Met",
        "event": "Rainstorm",
        "urgency": "Expected",
        "severity": "Severe",
        "certainty": "Likely",
        "expires": stamp(3600),
        "headline": "Heavy rain",
        "description": "80 mm in three hours",
        **{name: text for name, text in more.items() if name != "area"},
    }
    area = more.get("area", f"<area><areaDesc>The east</areaDesc><polygon>{SQUARE}</polygon></area>") or ""
    order = (
        "language category event responseType urgency severity certainty effective onset expires senderName headline description "
        "instruction web"
    ).split()
    return f"<info>{''.join(_element(name, told.get(name)) for name in order)}{area}</info>"


def alert(identifier: str = "one", infos: Sequence[str] | None = None, namespace: str = CAP, tail: str = "", **more: str | None) -> bytes:
    """A CAP message; a value None leaves an element out."""
    told: dict[str, str | None] = {
        "identifier": identifier,
        "sender": SENDER,
        "sent": stamp(),
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
        **more,
    }
    order = "identifier sender sent status msgType scope restriction references".split()
    head = "".join(_element(name, told.get(name)) for name in order)
    body = "".join([info()] if infos is None else infos)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<alert xmlns="{namespace}">{head}{body}{tail}</alert>'.encode()


def _element(name: str, text: str | None) -> str:
    return "" if text is None else f"<{name}>{escape(text)}</{name}>"


def certificate(key: Key, days: float = 30.0) -> x509.Certificate:
    """A certificate of its own making, from a day before NOW to `days` after."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SENDER)])
    begin = datetime.fromtimestamp(NOW, UTC) - timedelta(days=1)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    return made.not_valid_before(begin).not_valid_after(begin + timedelta(days=1 + days)).sign(key, hashes.SHA256())


def pem(certificate: x509.Certificate) -> str:
    """As it lies in the site's folder."""
    return certificate.public_bytes(Encoding.PEM).decode()


def signed(text: bytes, key: Key, certificate: x509.Certificate, **more: Any) -> bytes:
    """The message with an enveloped signature; `more` goes to the signer."""
    method = SignatureMethod.RSA_SHA256 if isinstance(key, rsa.RSAPrivateKey) else SignatureMethod.ECDSA_SHA256
    options = {
        "signature_algorithm": method,
        "digest_algorithm": DigestAlgorithm.SHA256,
        "c14n_algorithm": CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        **more,
    }
    root = XMLSigner(**options).sign(etree.fromstring(text), key=key, cert=[certificate])
    return bytes(etree.tostring(root))


def site() -> Site:
    """Two areas with a sensor each, and a bay whose name holds another's."""
    names = {"dapeng": ("Dapeng", "大鹏"), "dapeng-bay": ("Dapeng Bay", "大鹏湾"), "yantian": ("Yantian", "盐田")}
    places = {"dapeng": (114.48, 22.6), "dapeng-bay": (114.39, 22.55), "yantian": (114.24, 22.58)}
    return Site(
        folder="",
        label=Label(en="Town", zh="城"),
        zone="Asia/Shanghai",
        areas=tuple(Area(key=key, label=Label(en=en, zh=zh)) for key, (en, zh) in names.items()),
        screens=(),
        extent=(114.0, 22.0, 115.0, 23.0),
        review_number="",
        sensors={"sea": tuple(_sensor(key, *place) for key, place in places.items())},
    )


def _sensor(area: str, lon: float, lat: float) -> Sensor:
    label = Label(en=f"Buoy of {area}", zh=area)
    return Sensor(id=f"sea-{area}", domain="sea", label=label, lon=lon, lat=lat, area=area, interval=20.0, owner=None)
