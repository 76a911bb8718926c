"""Attributes that scripts and style sheets look for, in a form that the typed components of Dash accept."""

from __future__ import annotations

from typing import Any


def data(**values: str) -> dict[str, Any]:
    """`data-*` attributes: `data(kpi="sea/oxygen")` is `data-kpi="sea/oxygen"`, an underscore is a hyphen."""
    return {f"data-{name.replace('_', '-')}": value for name, value in values.items()}


def aria(**values: str) -> dict[str, Any]:
    """`aria-*` attributes, likewise."""
    return {f"aria-{name.replace('_', '-')}": value for name, value in values.items()}
