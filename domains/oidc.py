"""Reads what a site says of its OpenID Connect provider: `[oidc]` of `site.toml`."""

from __future__ import annotations

from pathlib import Path

from domains.site import SITE_FIELDS
from domains.table import Table, toml
from model.person import ROLES, Provider

FIELDS = ("en", "zh", "claim", "roles")


def read(folder: Path) -> Provider:
    """The provider of the site in `folder`. Raises SpecError naming file, field and reason, also where nobody would have a role."""
    site = Table(str(folder / "site.toml"), toml(folder / "site.toml"), SITE_FIELDS)
    table = Table(site.file, site.get("oidc", dict), FIELDS, "oidc.")
    told = table.get("roles", dict)
    roles = Table(site.file, told, list(told), "oidc.roles.")
    if not told:
        raise table.error("roles", "is empty: nobody could sign in")
    return Provider(label=table.label(), claim=table.text("claim"), roles={value: roles.choice(value, ROLES) for value in told})
