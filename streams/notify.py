"""`python -m streams notify`: sorts the journal into letters for the recipients outside, and sends them until they have them.

It may run several times: the database tells who sorts and who sends. Recipients do not wait for each other: each has a thread while it
has letters.
"""

from __future__ import annotations

import base64
import binascii
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from zoneinfo import ZoneInfo

from model import SpecError
from model.alarm import Event
from model.outside import Mailbox, Recipient
from store.database import DatabaseAway
from store.letters import Letter, Letters, Progress
from streams.fold import Fold, step
from streams.letter import Mail, body, wanted
from streams.name import Names
from streams.post import KEY_MARK, Failed, send_mail, send_webhook
from streams.pulse import Pulse

LOOK_SECONDS = 1.0
GATHER_SECONDS = 15.0
"""How often a mailbox is looked at: what comes close together goes into one mail."""
MOST_SORTED = 1000
MOST_TOLD = 100
"""Events in one webhook."""
FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 2.0, 900.0


def rest(attempts: int, chance: float) -> float:
    """Seconds until the next try after so many in a row: doubled each time, and spread by `chance` in [0, 1) over its second half."""
    longest = min(LONGEST_REST_SECONDS, FIRST_REST_SECONDS * 2.0 ** min(attempts - 1, 20))
    return longest * (0.5 + chance / 2)


def secrets(recipients: Sequence[Recipient], environ: Mapping[str, str]) -> dict[str, str]:
    """Each recipient's secret from the environment, empty for one that needs none. Raises SpecError for one that is not there."""
    return {recipient.name: _secret(recipient, environ) for recipient in recipients}


def _secret(recipient: Recipient, environ: Mapping[str, str]) -> str:
    variable = recipient.via.password if isinstance(recipient.via, Mailbox) else recipient.via.secret
    found = environ.get(variable, "") if variable else ""
    if variable and not found:
        raise SpecError("environment", variable, f"must be set: [[notify]] {recipient.name!r} names it")
    try:
        base64.b64decode(found.removeprefix(KEY_MARK) if found.startswith(KEY_MARK) else "", validate=True)
    except binascii.Error as error:
        raise SpecError("environment", variable, f"is not base64 behind {KEY_MARK}") from error
    return found


class Notify:
    """One process that tells the outside. `wall` is the wall clock."""

    def __init__(
        self,
        letters: Letters,
        recipients: Sequence[Recipient],
        secrets: Mapping[str, str],
        names: Names,
        zone: str,
        pulse: Pulse,
        wall: Callable[[], float] = time.time,
        gather: float = GATHER_SECONDS,
    ) -> None:
        self._letters, self._recipients, self._secrets, self._names = letters, recipients, secrets, names
        self._pulse, self._wall, self._gather = pulse, wall, gather
        self._mails = {language: Mail(names, language, ZoneInfo(zone)) for language in ("en", "zh")}
        self._looked: dict[str, float] = {}
        self._sending: dict[str, Future[None]] = {}
        self._sent, self._stop = 0, threading.Event()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stop.is_set()

    @stopping.setter
    def stopping(self, value: bool) -> None:
        if value:
            self._stop.set()

    def run(self) -> None:
        """Works until stopped; a letter on its way is waited for."""
        with ThreadPoolExecutor(max_workers=max(1, len(self._recipients))) as pool:
            while not self._stop.is_set():
                self._round(pool)
                if self._pulse.due():
                    sent, self._sent = self._sent, 0
                    self._pulse.send("active", float(sent), self._wall())
                self._stop.wait(LOOK_SECONDS)
        self._pulse.leave()

    def _round(self, pool: ThreadPoolExecutor) -> None:
        for recipient in self._recipients:
            try:
                self.sort(recipient)
            except DatabaseAway as error:
                self._pulse.failed(error)
                return
            busy = self._sending.get(recipient.name)
            if busy is not None and busy.done():
                busy.result()  # a mistake in sending ends the process, as everywhere
            if busy is None or busy.done():
                self._sending[recipient.name] = pool.submit(self.send, recipient)

    # --- sorting ---------------------------------------------------------------------------------------------------------------------

    def sort(self, recipient: Recipient) -> None:
        """Makes letters of what the journal has for a recipient. Raises DatabaseAway."""
        mail = isinstance(recipient.via, Mailbox)
        if mail and time.monotonic() - self._looked.get(recipient.name, float("-inf")) < self._gather:
            return
        self._looked[recipient.name] = time.monotonic()
        was = self._letters.progress(recipient.name)
        events = self._letters.after(was.place, MOST_SORTED)
        chosen = [event for event in events if wanted(recipient, event)]
        place = events[-1].seq if events else was.place
        fold, letters = self._mail(recipient, was, chosen) if mail else (was.fold, self._webhooks(recipient, chosen))
        if (place, fold) != (was.place, was.fold):
            self._letters.sort(recipient.name, was, Progress(place=place, fold=fold), letters)

    def _webhooks(self, recipient: Recipient, events: Sequence[Event]) -> list[Letter]:
        alarms = self._letters.alarms({event.alarm for event in events})
        parts = [events[start : start + MOST_TOLD] for start in range(0, len(events), MOST_TOLD)]
        return [self._letter(recipient, part, body(part, alarms, self._names, self._wall())) for part in parts]

    def _mail(self, recipient: Recipient, was: Progress, events: Sequence[Event]) -> tuple[Mapping[str, object], list[Letter]]:
        fold = Fold(**{**was.fold, "recent": tuple(was.fold.get("recent", ()))})
        new, what = step(fold, [event.recorded for event in events], self._wall())
        alarms, mail = self._letters.alarms({event.alarm for event in events}), self._mails[recipient.language]
        letters = []
        if what == "letter":
            letters = [self._letter(recipient, events, mail.letter(events, alarms, fold.held))]
        elif what == "flood":
            letters = [self._letter(recipient, events, mail.flood(events, alarms, fold.held, len(new.recent)))]
        return {**asdict(new), "recent": list(new.recent)}, letters

    def _letter(self, recipient: Recipient, events: Sequence[Event], body: Mapping[str, object]) -> Letter:
        id = f"{recipient.name}-{events[0].seq}-{events[-1].seq}"
        return Letter(id=id, recipient=recipient.name, first=events[0].seq, created=self._wall(), body=body)

    # --- sending ---------------------------------------------------------------------------------------------------------------------

    def send(self, recipient: Recipient) -> None:
        """Sends what is due to a recipient, one letter after the other, until one is not taken."""
        try:
            while not self._stop.is_set() and (letter := self._letters.take(recipient.name)) is not None:
                self._try(recipient, letter)
        except DatabaseAway as error:
            self._pulse.failed(error)

    def _try(self, recipient: Recipient, letter: Letter) -> None:
        via, secret = recipient.via, self._secrets[recipient.name]
        try:
            if isinstance(via, Mailbox):
                send_mail(via, secret, letter.id, letter.body, self._wall())
            else:
                send_webhook(via, secret, letter.id, letter.body, self._wall())
        except Failed as error:
            self._pulse.failed(error)
            if error.for_ever:
                self._letters.refused(letter, str(error))
            else:
                self._letters.failed(letter, str(error), lambda attempts: rest(attempts, random.random()))
        else:
            self._letters.told(letter)
            self._sent += 1
