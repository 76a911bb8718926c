"""A city as its folder declares it: the bureaus it has, then the site with their sensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import domains
from domains import site as sites
from model import Domain, Site


def read(folder: Path, exercise: str = "") -> tuple[Mapping[str, Domain], Site]:
    """The domains by key and the site in `folder`; of an exercise of that name, with topics of its own.

    Raises SpecError naming the file, the field and the reason.
    """
    described = domains.load(folder / "domains", sites.bureaus(folder))
    site = sites.load(folder, described)
    if not exercise:
        return described, site
    return {key: replace(domain, topic=prefix(exercise) + domain.topic) for key, domain in described.items()}, replace(
        site, exercise=exercise
    )


def prefix(exercise: str) -> str:
    """What the names of an exercise's topics begin with; empty for the city itself."""
    return f"exercise.{exercise}." if exercise else ""
