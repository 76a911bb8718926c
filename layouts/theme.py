"""Language and theme: what a page says about them, and the switches of a desk."""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.data import data
from model import Screen


def wish(language: str) -> dict[str, Any]:
    """Data attributes of a desk page: the default language; what the browser remembers goes before it."""
    return data(language=language, theme="dark")


def order(screen: Screen) -> dict[str, Any]:
    """Data attributes of a wall screen: its record decides, and its distance in metres sets the size of the type."""
    return data(language=screen.language, theme=screen.theme, fixed="1", distance=f"{screen.distance:g}")


def switches() -> html.Div:
    """English or Chinese, dark or light."""
    return html.Div(
        [
            html.Button("EN", title="English", lang="en-GB", **data(set_language="en")),
            html.Button("中", title="中文", lang="zh-CN", **data(set_language="zh")),
            html.Button("◐", title="Dark / light  深色 / 浅色", **data(set_theme="next")),
        ],
        className="switches",
    )
