"""A city as its folder declares it: the bureaus it has, then the site with their sensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import domains
from domains import site as sites
from model import Domain, Site


def read(folder: Path) -> tuple[Mapping[str, Domain], Site]:
    """The domains by key and the site in `folder`. Raises SpecError naming the file, the field and the reason."""
    described = domains.load(folder / "domains", sites.bureaus(folder))
    return described, sites.load(folder, described)
