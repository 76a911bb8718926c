"""Warnings from elsewhere: `POST /api/v1/hooks/alertmanager` and `POST /api/v1/hooks/cap`. Each becomes a wish to the writer of alarms.

Sending again is always safe: an alarm that stands and says the same is left alone, and a message that a newer one has replaced is not
taken. So whatever was not surely recorded is answered 503, for the sender to send again.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Flask, Response, jsonify, request
from spectree import SpecTree
from werkzeug.exceptions import RequestEntityTooLarge

from callbacks import alertmanager, cap, envelope, warning
from callbacks.api import Described
from callbacks.api_shape import Problem, Taken
from callbacks.aside import aside
from callbacks.problem import problem
from callbacks.refusal import Refused
from callbacks.region import Map
from callbacks.signature import Senders
from model import Site
from model.alarm import Answer, Command, Message, Wish
from model.outside import Warnings
from store import Away
from store.chain import Chains, Link
from store.database import DatabaseAway

LARGEST = 1 << 20
"""Bytes of a body."""
AHEAD_SECONDS = 600.0
"""How far the clock of a sender may be ahead."""
AHEAD = "its time lay ahead of this clock"
ROLE = "hooks"
AS_IT_CAME: Mapping[str, Any] = {
    "resp": Described(HTTP_200=Taken, HTTP_413=Problem),
    "tags": ["hooks"],
    "skip_validation": True,
    "before": lambda *_: None,
}
"""How a route is described whose body we read ourselves."""

Ask = Callable[[Command], Sequence[Answer] | None]


class Ignored(Exception):
    """A message that is well, and asks nothing of the deck; the reason is its text."""


class Asked(NamedTuple):
    """What came of a body: what the writer answered, and which messages were ignored or refused, with the reason."""

    taken: list[dict[str, str]]
    ignored: list[dict[str, str]]
    refused: list[dict[str, str]]


class NotRecorded(Exception):
    """The writer did not answer, or could not record: to be sent again."""


def register(
    server: Flask,
    spec: SpecTree,
    site: Site,
    domains: Collection[str],
    rules: Warnings,
    chains: Chains,
    ask: Ask,
    now: Callable[[], float] = time.time,
    at: Callable[[float], float] = lambda wall: wall,
) -> None:
    """Adds both routes. `ask` brings a wish to the writer and waits for its answers, None when none came; `now` is the wall clock, in
    which messages are written, and `at` the event time at a moment of it.

    SpecError for a wrong certificate.
    """
    hook = Hook(Map(site, rules.geocodes), domains, rules, chains, Senders(rules.certificates), ask, now, at)
    areas = [area.key for area in site.areas]

    @server.post("/api/v1/hooks/alertmanager")
    @spec.validate(json=alertmanager.Payload, **AS_IT_CAME)
    def hook_alertmanager() -> Response:
        """Takes a group of Prometheus alerts as Alertmanager posts them to a webhook: firing ones are raised, resolved ones ended."""
        return _answered(lambda body: hook.group(body, areas))

    @server.post("/api/v1/hooks/cap")
    @spec.validate(**AS_IT_CAME)
    def hook_cap() -> Response:
        """Takes CAP 1.2 or 1.1: an alert, or a feed or distribution that holds up to 100."""
        return _answered(hook.messages)


def _answered(take: Callable[[bytes], Asked]) -> Response:
    try:
        asked = take(_body())
    except Refused as refused:
        return problem(refused.status, refused.reason)
    except NotRecorded as error:
        return problem(503, f"not recorded, send it again: {error}")
    except (DatabaseAway, Away):
        return problem(503, "not recorded, send it again: the store does not answer")
    return jsonify(asked._asdict())


def _body() -> bytes:
    if request.content_encoding not in (None, "", "identity"):
        raise Refused(415, f"a body in {request.content_encoding!r} is not read")
    request.max_content_length = LARGEST
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise Refused(413, f"a body is at most {LARGEST} bytes") from error


class Hook:
    """What is done with a body; knows nothing of HTTP."""

    def __init__(
        self,
        areas: Map,
        domains: Collection[str],
        rules: Warnings,
        chains: Chains,
        senders: Senders,
        ask: Ask,
        now: Callable[[], float],
        at: Callable[[float], float],
    ) -> None:
        self._areas, self._domains, self._rules = areas, domains, rules
        self._chains, self._senders, self._ask, self._now, self._at = chains, senders, ask, now, at

    def group(self, body: bytes, areas: Collection[str]) -> Asked:
        """Takes a group of Prometheus alerts. Raises Refused, NotRecorded."""
        payload, asked, now = alertmanager.read(body), Asked([], [], []), self._now()
        firing = [alert for alert in payload.alerts if alert.status == "firing"]
        raised = [alertmanager.message(payload, alert, self._rules, areas, self._domains) for alert in firing]
        ended = [alert for alert in payload.alerts if alert.status == "resolved"]
        ends = {_alarm(alertmanager.RULE, alertmanager.subject(alert)): Message(since=alertmanager.since(alert, now)) for alert in ended}
        self._wish("raise", {_alarm(each["rule"], each["subject"]): each for each in raised}, "alertmanager", asked)
        self._wish("end", ends, "alertmanager", asked)
        if payload.truncatedAlerts:
            asked.ignored.append({"message": f"{payload.truncatedAlerts} alerts", "reason": "Alertmanager left them out (max_alerts)"})
        return asked

    def messages(self, body: bytes) -> Asked:
        """Takes every CAP alert of the body. Raises Refused when none can be taken, NotRecorded."""
        asked, first = Asked([], [], []), None
        for text in envelope.alerts(body):
            try:
                self._alert(text, asked)
            except Refused as refused:
                first = first or refused
                asked.refused.append({"message": _called(text), "reason": refused.reason})
        if first and not (asked.taken or asked.ignored):
            raise first
        return asked

    def _alert(self, text: bytes, asked: Asked) -> None:
        now = self._now()
        root, signed = self._senders.checked(text, self._rules.unsigned, now)
        alert = cap.read(root, self._rules.severity)
        try:
            self._wanted(alert, now)
            link = self._follow(alert, now)
            infos = warning.standing(alert, self._rules, now)
            if alert.kind == "Alert" and not infos:
                raise Ignored("it has expired")
        except Ignored as reason:
            asked.ignored.append({"message": f"{alert.sender},{alert.identifier}", "reason": str(reason)})
            return
        who, over = f"cap:{alert.sender}", list(link.others)
        if infos and alert.kind != "Cancel":
            subject = _subject(link.root)
            told = warning.message(alert, infos, signed, subject, self._rules, self._areas)
            self._wish("raise", {_alarm(warning.RULE, subject): told}, who, asked)
        else:
            over.append(link.root)
        self._wish("end", {_alarm(warning.RULE, _subject(root)): Message(since=alert.sent) for root in over}, who, asked)

    def _wanted(self, alert: cap.Alert, now: float) -> None:
        if alert.sent > now + AHEAD_SECONDS:
            raise Refused(422, f"sent: lies {alert.sent - now:.0f} s ahead of this clock")
        if alert.status not in self._rules.statuses:
            raise Ignored(f"the site takes no {alert.status} messages")
        if alert.kind in ("Ack", "Error"):
            raise Ignored(f"an {alert.kind} asks nothing")

    def _follow(self, alert: cap.Alert, now: float) -> Link:
        """The chain the message belongs to. Only its own sender's messages can be replaced, and only those of the same status."""
        own = [each for each in alert.references if each.sender == alert.sender]
        if alert.references and not own:
            raise Refused(422, "references: name no message of this sender")
        keys = {f"{alert.status} {each.sender},{each.identifier}": each.sent for each in own}
        link = aside(lambda: self._chains.follow(f"{alert.status} {alert.sender},{alert.identifier}", alert.sent, keys, now))
        if link.superseded:
            raise Ignored("a newer message has replaced it")
        return link

    def _wish(self, wish: Wish, messages: dict[str, Message], who: str, asked: Asked) -> None:
        if not messages:
            return
        command = Command(
            id=secrets.token_hex(8),
            wish=wish,
            who=who,
            role=ROLE,
            targets=tuple((alarm, 0) for alarm in messages),
            detail={alarm: self._timed(message) for alarm, message in messages.items()},
        )
        answers = self._ask(command)
        if answers is None:
            raise NotRecorded("nobody answers")
        for answer in answers:
            if answer.outcome in ("not_recorded", "expired"):
                raise NotRecorded(answer.reason or answer.outcome)
            told = asked.refused if answer.outcome == "refused" else asked.taken
            told.append({"alarm": answer.alarm, "wish": wish, "outcome": answer.outcome, "reason": answer.reason})

    def _timed(self, message: Message) -> Message:
        """The message in event time. What lies ahead, by its sender's clock, is now: else its end would be older than its beginning."""
        now, timed = self._now(), Message(**message)
        timed["since"] = self._at(min(message["since"], now))
        if (ends := message.get("ends")) is not None:
            timed["ends"] = self._at(ends)
        if message["since"] > now and "told" in message:
            timed["told"] = {**message["told"], "flaws": [*message["told"].get("flaws", ()), AHEAD]}
        return timed


def _alarm(rule: str, subject: str) -> str:
    return f"{rule}|{subject}"


def _subject(root: str) -> str:
    """Of a chain of messages, whatever letters a sender's identifier has."""
    return f"outside:cap:{hashlib.blake2b(root.encode(), digest_size=8).hexdigest()}"


def _called(text: bytes) -> str:
    """What a message calls itself that could not be taken."""
    root: Any = envelope.element(text)
    space = root.tag.rpartition("}")[0] + "}"
    return ",".join((root.findtext(space + name) or "").strip()[:100] for name in ("sender", "identifier"))
