"""Opens the XML that carries CAP messages: one message, or a feed or distribution that holds several.

Nothing is taken from outside the text: no document type, so no entities of any kind, no stylesheet, no inclusion, no network. The
text is read by two parsers (this one is Python's, a signature needs another), so it is UTF-8 only and has one meaning for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from lxml import etree

from callbacks.refusal import Refused

NAMESPACES = ("urn:oasis:names:tc:emergency:cap:1.2", "urn:oasis:names:tc:emergency:cap:1.1")
MOST = 100
"""Messages in one body."""
DECLARED = re.compile(rb"""\A(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")


def alerts(body: bytes) -> list[bytes]:
    """Each CAP alert of the body as a document of its own. Raises Refused."""
    root = element(body)
    if _is_alert(root.tag):
        return [body]
    found = list(_within(_tree(body)))
    if not found:
        raise Refused(422, f"there is no CAP 1.1 or 1.2 alert in <{root.tag.rpartition('}')[2][:60]}>")
    if len(found) > MOST:
        raise Refused(422, f"more than {MOST} alerts at once")
    return [etree.tostring(one, with_tail=False, encoding="utf-8") for one in found]


def element(text: bytes) -> Element:
    """The root of an XML text that declares no document type. Raises Refused."""
    _utf8(text)
    try:
        root: Element = fromstring(text, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise Refused(422, "a document type or entity declaration is not taken") from error
    except (ParseError, ValueError, LookupError) as error:
        raise Refused(400, f"not well-formed XML: {error}") from error
    return root


def _utf8(text: bytes) -> None:
    declared = DECLARED.match(text)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
        raise Refused(415, f"the text declares {declared[1].decode('ascii', 'replace')[:40]!r}; only UTF-8 is read")
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(415, f"the text is not UTF-8: byte {error.start}") from error


def _tree(text: bytes) -> etree._Element:
    """The same root for the library that keeps prefixes, which a signature covers."""
    try:
        return etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False))
    except etree.XMLSyntaxError as error:
        raise Refused(400, f"not well-formed XML: {error}") from error


def _is_alert(tag: object) -> bool:
    return tag in [f"{{{namespace}}}alert" for namespace in NAMESPACES]


def _within(root: etree._Element) -> Iterator[etree._Element]:
    """The outermost alerts below `root`, in the order of the text."""
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if _is_alert(one.tag):
            yield one
        else:
            waiting += reversed(one)
