"""Who signed a CAP message: an enveloped XML signature checked against the site's list of senders' certificates.

Only what the verifier says was signed is ever read on: its canonical text, parsed anew. A certificate that comes with the message is
not looked at, nor is who issued ours: a certificate is trusted because it lies in the site's folder, under the sender's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree.ElementTree import Element

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidCertificate, InvalidDigest, InvalidSignature
from signxml.verifier import SignatureConfiguration, XMLVerifier

from callbacks.envelope import element
from callbacks.plain import plain
from callbacks.refusal import Refused
from model import SpecError

SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
METHODS = frozenset(SignatureMethod[f"{key}_{digest}"] for key in ("RSA", "ECDSA") for digest in ("SHA256", "SHA384", "SHA512"))
DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
LEAST_RSA_BITS = 2048
MOST_PARTS = 100
"""Elements in a signature: checking its form takes time that grows with their square."""
REASONS = {
    InvalidCertificate: "the site's certificate of this sender is not valid at this time",
    InvalidDigest: "the text was changed after it was signed",
    InvalidSignature: "it was not made with the key of the site's certificate",
}
READING = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


class Senders:
    """The senders whose certificates the site holds."""

    def __init__(self, certificates: Mapping[str, Sequence[str]]) -> None:
        self._certificates = {sender: [_certificate(sender, pem) for pem in pems] for sender, pems in certificates.items()}
        for sender, held in self._certificates.items():
            if not held:
                raise _mistake(sender, "holds no certificate")

    def checked(self, text: bytes, unsigned: bool, now: float) -> tuple[Element, bool]:
        """The alert to read, and whether its sender signed it. `unsigned`: take one of an unknown sender as it stands. Raises Refused.

        A sender whose certificate the site holds must sign, whatever else the site takes: else who strips a signature could
        speak in their name.
        """
        root = element(text)
        sender = _sender(root)
        if sender in self._certificates:
            return self._signed(text, root, sender, now), True
        if not unsigned:
            raise Refused(403, f"the site holds no certificate of sender {sender[:100]!r}, and takes no unsigned messages")
        return root, False

    def _signed(self, text: bytes, root: Element, sender: str, now: float) -> Element:
        signatures = [each for each in root.iter() if each.tag == SIGNATURE]
        if len(signatures) != 1 or root.find(SIGNATURE) is not signatures[0]:
            raise Refused(403, f"sender {sender[:100]!r} must sign: one enveloped XML signature, directly in the alert")
        if sum(1 for _ in signatures[0].iter()) > MOST_PARTS:
            raise Refused(403, f"a signature of more than {MOST_PARTS} elements is not looked at")
        signed = _verified(text, self._certificates[sender], now)
        if signed.tag != root.tag or _sender(signed) != sender:
            raise Refused(403, "the signature is not over the alert")
        return signed


def _verified(text: bytes, certificates: Sequence[x509.Certificate], now: float) -> Element:
    """What one of the certificates signed: the verifier's own canonical text, parsed."""
    reasons = []
    for certificate in certificates:
        try:
            found = XMLVerifier().verify(text, x509_cert=certificate, parser=etree.XMLParser(**READING), expect_config=_expected(now))
        except Exception as error:  # whatever a hostile signature makes the library stumble over, it is not one that holds
            reasons.append(_reason(error))
        else:
            return element(found.signed_data)  # type: ignore[union-attr]  # one reference, so one result
    raise Refused(403, f"the signature does not hold: {'; '.join(dict.fromkeys(reasons))}")


def _expected(now: float) -> SignatureConfiguration:
    return SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=METHODS,
        digest_algorithms=DIGESTS,
        ignore_ambiguous_key_info=True,  # a key that comes along is not looked at
        verification_time=datetime.fromtimestamp(now, UTC),
    )


def _reason(error: Exception) -> str:
    for kind, reason in REASONS.items():
        if isinstance(error, kind):
            return reason
    return f"{type(error).__name__}: {plain(str(error), 150)}"


def _sender(root: Element) -> str:
    space = root.tag.rpartition("}")[0] + "}"
    return (root.findtext(f"{space}sender") or "").strip()


def _certificate(sender: str, pem: str) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _mistake(sender, f"is not a certificate in PEM: {error}") from error
    if not (isinstance(key, ec.EllipticCurvePublicKey) or isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS):
        raise _mistake(sender, f"the key must be of elliptic curves, or RSA of at least {LEAST_RSA_BITS} bits")
    return certificate


def _mistake(sender: str, reason: str) -> SpecError:
    return SpecError(f"senders/{quote(sender, safe='@')}.pem", "certificate", reason)
