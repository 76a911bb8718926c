"""Who answers for which area, and who may do what to an alarm."""

from __future__ import annotations

from collections.abc import Mapping

from domains.site import SUPERVISOR
from model import Site
from model.alarm import Alarm, Command, Duty, Outcome, Wish
from model.person import ROLES
from streams.flood import Floods

HOOKS = "hooks"
"""The role of a message from elsewhere: it can raise and end, and nothing else."""
SHELVED_BY_OPERATORS = ("medium", "low")

_LEAST: Mapping[Wish, str] = {
    "acknowledge": "supervisor",
    "reset": "supervisor",
    "shelve": "operator",
    "unshelve": "operator",
    "comment": "operator",
    "out_of_service": "supervisor",
    "return_to_service": "supervisor",
    "hand_over": "operator",
}


class Duties:
    """The desks' areas as the site gives them and as they were handed over since."""

    def __init__(self, site: Site, handed: Mapping[str, str]) -> None:
        self._site = site
        self.desks = {desk.id for desk in site.desks} | {SUPERVISOR}
        self._own = {area: desk.id for desk in site.desks for area in desk.areas}
        self.holders = {**self._own, **{area: desk for area, desk in handed.items() if desk in self.desks}}
        """Area -> desk, of the areas that a desk has."""

    def copy(self) -> Duties:
        """One that changes by itself."""
        return Duties(self._site, self.holders)

    def desk(self, area: str) -> str:
        """The desk that answers for an area."""
        return self.holders.get(area, SUPERVISOR)

    def now(self, floods: Floods) -> list[Duty]:
        """What each desk answers for, the supervisor's last."""
        order = [*(desk.id for desk in self._site.desks), SUPERVISOR]
        areas = [area.key for area in self._site.areas]
        return [Duty(desk=id, areas=tuple(area for area in areas if self.desk(area) == id), flood=floods.on.get(id)) for id in order]

    def obstacle(self, command: Command, alarm: Alarm) -> str:
        """Why the person may not do this to the alarm, a code; empty when they may."""
        if command.role == HOOKS or command.role not in ROLES:
            return "person"
        if _rank(command.role) >= _rank("supervisor"):
            return ""
        if _rank(command.role) < _rank("operator"):
            return f"role:{self._least(command.wish)}"
        if command.wish in ("shelve", "unshelve") and alarm.priority not in SHELVED_BY_OPERATORS:
            return f"priority:{alarm.priority}"
        if self._least(command.wish) == "operator":
            return self._own_area(command, alarm) if command.wish in ("acknowledge", "reset") else ""
        return f"role:{self._least(command.wish)}"

    def hand_over_obstacle(self, command: Command, to: str) -> tuple[Outcome, str]:
        """Why the areas cannot go to the desk `to`, and what to answer; a reason that is empty when they can."""
        if command.role not in ROLES or _rank(command.role) < _rank("operator"):
            return "forbidden", "role:operator"
        known = {area.key for area in self._site.areas}
        if to not in self.desks or not command.areas or not known.issuperset(command.areas):
            return "refused", "areas"
        if _rank(command.role) < _rank("supervisor") and not all(self._may_move(area, command.desk, to) for area in command.areas):
            return "forbidden", "theirs"
        giver = command.detail.get("from") or None
        moved = next((area for area in command.areas if giver and self.desk(area) not in (giver, to)), "")
        return ("gone", f"moved:{moved}") if moved else ("done", "")

    def _may_move(self, area: str, desk: str, to: str) -> bool:
        """A desk hands on what it has, and takes back what is its own; what is there already is no matter."""
        return to == self.desk(area) or desk == self.desk(area) != SUPERVISOR or desk == to == self._own.get(area)

    def _least(self, wish: Wish) -> str:
        return self._site.acknowledge if wish in ("acknowledge", "reset") else _LEAST[wish]

    def _own_area(self, command: Command, alarm: Alarm) -> str:
        holder = self.desk(alarm.area)
        return "" if holder == command.desk and holder != SUPERVISOR else f"desk:{holder}"


def _rank(role: str) -> int:
    return ROLES.index(role)
