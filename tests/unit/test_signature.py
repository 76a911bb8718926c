"""Who signed a CAP message: only what a listed sender signed is read, whatever is wrapped around it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import SignatureReference, XMLSigner

from callbacks.refusal import Refused
from callbacks.signature import Senders
from model import SpecError
from tests.unit.warnings import CAP, NOW, SENDER, Key, alert, certificate, info, pem, signed

DAY = 86_400.0


@cache
def key(kind: str = "ec") -> Key:
    return rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())


def senders(*keys: Key, days: float = 30.0) -> Senders:
    return Senders({SENDER: [pem(certificate(one, days)) for one in keys or (key(),)]})


def mine(text: bytes | None = None, by: Key | None = None, **more: Any) -> bytes:
    by = by or key()
    return signed(text or alert(), by, certificate(by), **more)


def text_of(text: bytes, held: Senders | None = None, unsigned: bool = False, now: float = NOW) -> tuple[str, bool]:
    """(headline, whether signed) of what is to be read."""
    root, told = (held or senders()).checked(text, unsigned, now)
    return root.findtext(f"{{{CAP}}}info/{{{CAP}}}headline") or "", told


def reason(text: bytes, held: Senders | None = None, unsigned: bool = False, now: float = NOW) -> str:
    with pytest.raises(Refused) as caught:
        text_of(text, held, unsigned, now)
    assert caught.value.status == 403
    return caught.value.reason


def test_what_a_listed_sender_signed_is_read() -> None:
    assert text_of(mine()) == ("Heavy rain", True)
    assert text_of(mine(by=key("rsa")), senders(key("rsa"))) == ("Heavy rain", True)


def test_a_second_certificate_takes_over_from_the_first() -> None:
    assert text_of(mine(by=key("rsa")), senders(key(), key("rsa"))) == ("Heavy rain", True)


@pytest.mark.parametrize(
    "method", [CanonicalizationMethod.CANONICAL_XML_1_0, CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0_WITH_COMMENTS]
)
def test_other_canonical_forms_hold(method: CanonicalizationMethod) -> None:
    assert text_of(mine(c14n_algorithm=method)) == ("Heavy rain", True)


def test_an_unsigned_message_is_taken_only_if_the_site_says_so() -> None:
    other = alert(sender="else@example.org")
    assert reason(other) == "the site holds no certificate of sender 'else@example.org', and takes no unsigned messages"
    assert text_of(other, unsigned=True) == ("Heavy rain", False)


def test_a_signature_of_an_unknown_sender_counts_as_none() -> None:
    text = mine(alert(sender="else@example.org"))
    assert reason(text).startswith("the site holds no certificate")
    assert text_of(text, unsigned=True) == ("Heavy rain", False)


def test_who_strips_the_signature_cannot_speak_for_a_listed_sender() -> None:
    assert reason(alert(), unsigned=True).startswith(f"sender {SENDER!r} must sign")


def test_a_changed_text_is_refused() -> None:
    assert reason(mine().replace(b"Heavy rain", b"Light rain")) == "the signature does not hold: the text was changed after it was signed"


def test_another_key_is_refused_also_when_its_certificate_comes_along() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    assert reason(mine(by=other)) == "the signature does not hold: it was not made with the key of the site's certificate"


def test_a_certificate_counts_while_it_is_valid() -> None:
    late = reason(mine(), senders(days=2), now=NOW + 3 * DAY)
    assert late == "the signature does not hold: the site's certificate of this sender is not valid at this time"
    assert reason(mine(), now=NOW - 2 * DAY) == late


@pytest.mark.parametrize(
    "options",
    [
        {"signature_algorithm": SignatureMethod.ECDSA_SHA224},
        {"digest_algorithm": DigestAlgorithm.SHA224},
    ],
)
def test_a_weak_algorithm_is_refused(options: dict[str, Any]) -> None:
    assert "forbidden by configuration" in reason(mine(**options))


def test_sha_1_is_refused() -> None:
    text = mine().replace(b"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", b"http://www.w3.org/2000/09/xmldsig#rsa-sha1")
    assert "RSA_SHA1 forbidden" in reason(text)


# wrapping: a signature that holds, and a text around it that nobody signed


def forged() -> bytes:
    return alert("forged", [info(headline="Evacuate now")])


def with_id(text: bytes) -> bytes:
    return text.replace(b"<alert ", b'<alert Id="real" ', 1)


def signed_part(text: bytes) -> bytes:
    """The message whose signature is over the element that is called `real`."""
    exclusive = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
    signer = XMLSigner(c14n_algorithm=exclusive, signature_algorithm=SignatureMethod.ECDSA_SHA256)
    reference = [SignatureReference(URI="#real", c14n_method=exclusive)]
    root = signer.sign(etree.fromstring(text), key=key(), cert=[certificate(key())], reference_uri=reference)
    return bytes(etree.tostring(root))


def moved(genuine: bytes, into: bytes, hide: str = "x") -> bytes:
    """The genuine alert put into an element of the forged one, which carries its signature."""
    outer, inner = etree.fromstring(into), etree.fromstring(genuine)
    signature = inner.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
    inner.remove(signature)
    box = etree.SubElement(outer, hide)
    box.append(inner)
    outer.append(signature)
    return bytes(etree.tostring(outer))


def test_a_genuine_alert_hidden_in_a_forged_one_speaks_for_itself_only() -> None:
    genuine = signed_part(with_id(alert()))
    assert text_of(genuine) == ("Heavy rain", True)
    assert text_of(moved(genuine, forged())) == ("Heavy rain", True)


def test_a_signature_over_the_whole_does_not_hold_for_another_whole() -> None:
    assert "was changed after" in reason(moved(mine(), forged()))


def test_a_signature_that_is_not_directly_in_the_alert_is_none() -> None:
    outer = etree.fromstring(forged())
    outer.append(etree.fromstring(mine()))
    assert "one enveloped XML signature, directly in the alert" in reason(etree.tostring(outer))


def test_two_signatures_are_refused() -> None:
    twice = etree.fromstring(mine())
    twice.append(etree.fromstring(etree.tostring(twice[-1])))
    assert "one enveloped XML signature" in reason(etree.tostring(twice))


def test_a_signed_part_is_not_the_alert() -> None:
    root = etree.fromstring(alert())
    root[-1].set("Id", "real")
    assert reason(signed_part(etree.tostring(root))) == "the signature is not over the alert"


def test_two_elements_of_one_id_are_refused() -> None:
    text = moved(signed_part(with_id(alert())), with_id(forged()))
    assert "Ambiguous reference" in reason(text)


def test_a_comment_inside_a_text_does_not_cut_it() -> None:
    text = mine().replace(b"Heavy rain", b"Heavy<!-- --> rain")
    assert text_of(text) == ("Heavy rain", True)


@pytest.mark.parametrize("uri", ["file:///etc/hostname", "http://127.0.0.1:9/x", "#xpointer(/)", "#none"])
def test_a_reference_to_elsewhere_is_refused(uri: str) -> None:
    assert reason(mine().replace(b'<ds:Reference URI=""', f'<ds:Reference URI="{uri}"'.encode())).startswith("the signature does not hold")


@pytest.mark.parametrize("part", ["SignatureValue", "DigestValue", "SignatureMethod", "Reference", "SignedInfo", "CanonicalizationMethod"])
@pytest.mark.parametrize("change", ["empty", "gone", "noise"])
def test_a_broken_signature_is_refused(part: str, change: str) -> None:
    root = etree.fromstring(mine())
    (found,) = root.iter(f"{{http://www.w3.org/2000/09/xmldsig#}}{part}")
    if change == "gone":
        found.getparent().remove(found)
    else:
        found.clear()
        found.text = "☃" if change == "noise" else None
    assert reason(etree.tostring(root)).startswith("the signature does not hold")


def test_a_signature_of_many_parts_is_not_looked_at() -> None:
    text = mine().replace(b"</ds:Signature>", b"<ds:Object>" + b"<x/>" * 100_000 + b"</ds:Object></ds:Signature>")
    assert reason(text) == "a signature of more than 100 elements is not looked at"


# the site's certificates


def test_a_wrong_certificate_stops_the_start() -> None:
    small = rsa.generate_private_key(65537, 1024)
    for pems, expected in (
        (["x"], "is not a certificate in PEM"),
        ([], "holds no certificate"),
        ([pem(certificate(small))], "at least 2048 bits"),
    ):
        with pytest.raises(SpecError) as caught:
            Senders({"https://x/y": pems})
        assert caught.value.file == "senders/https%3A%2F%2Fx%2Fy.pem" and expected in caught.value.reason
