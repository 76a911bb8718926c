"""Sends one letter: a webhook as Standard Webhooks 1.0 signs it, or a mail. Blocks; raises Failed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from model.outside import Mailbox, Webhook

PATIENCE_SECONDS = 10.0
READ_BYTES = 65_536
LATER = (408, 425, 429)
"""Statuses below 500 that ask to be tried again."""
KEY_MARK = "whsec_"


class Failed(Exception):
    """The letter was not taken. `for_ever`: trying again is of no use."""

    def __init__(self, reason: str, for_ever: bool = False) -> None:
        super().__init__(reason)
        self.for_ever = for_ever


def send_webhook(via: Webhook, secret: str, id: str, body: Mapping[str, Any], now: float) -> None:
    """Posts the body, with its id, the time of sending and the signature over all three in the headers."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "citydeck", "webhook-id": id, "webhook-timestamp": str(int(now))}
    headers["webhook-signature"] = signature(secret, id, int(now), data)
    try:
        status = _post(via.url, data, headers)
    except (OSError, HTTPException) as error:
        raise Failed(_reason(error)) from error
    if not 200 <= status < 300:
        raise Failed(f"answered {status}", for_ever=status < 500 and status not in LATER)


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>`. A secret that begins with `whsec_` is base64, another is text."""
    key = base64.b64decode(secret.removeprefix(KEY_MARK)) if secret.startswith(KEY_MARK) else secret.encode()
    mark = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mark).decode()


def _post(url: str, data: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer. A redirection is not followed: it could lead anywhere."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    secure = parts.scheme == "https"
    connection = (
        HTTPSConnection(host, parts.port, timeout=PATIENCE_SECONDS)
        if secure
        else HTTPConnection(host, parts.port, timeout=PATIENCE_SECONDS)
    )
    try:
        connection.request("POST", path, data, dict(headers))
        answer = connection.getresponse()
        answer.read(READ_BYTES)
        return answer.status
    finally:
        connection.close()


class Attachment(NamedTuple):
    """A file that goes with a mail."""

    name: str
    kind: str
    """Its media type."""
    data: bytes


def send_mail(via: Mailbox, password: str, id: str, body: Mapping[str, Any], now: float, files: Sequence[Attachment] = ()) -> None:
    """Hands the mail to the server; `id` is in its Message-ID."""
    message = EmailMessage(policy=SMTP)
    message["Subject"], message["From"], message["To"] = body["subject"], via.sender, ", ".join(via.to)
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = f"<{id}@{via.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's absence note answers it
    message.set_content(body["text"])
    for file in files:
        main, _, minor = file.kind.partition("/")
        message.add_attachment(file.data, maintype=main, subtype=minor, filename=file.name)
    try:
        with _server(via) as server:
            if via.user:
                server.login(via.user, password)
            refused = server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _ in error.recipients.values()}
        raise Failed(f"refused: {', '.join(error.recipients)}", for_ever=min(codes) >= 500) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Failed(_reason(error), for_ever=isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500) from error
    if refused:
        raise Failed(f"only some were told; refused: {', '.join(refused)}", for_ever=True)


def _server(via: Mailbox) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if via.tls == "tls":
        return smtplib.SMTP_SSL(via.host, via.port, timeout=PATIENCE_SECONDS, context=context)
    server = smtplib.SMTP(via.host, via.port, timeout=PATIENCE_SECONDS)
    if via.tls == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
