"""Texts in both languages: each is drawn twice, and the style sheet shows the one that the window has chosen."""

from __future__ import annotations

from dash import html

from model import Label


def text(label: Label) -> list[html.Span]:
    """Both languages of a label, as two spans of which the style sheet hides one."""
    return [html.Span(label.en, lang="en"), html.Span(label.zh, lang="zh")]


def say(en: str, zh: str) -> list[html.Span]:
    """A text of the deck itself, in both languages."""
    return text(Label(en=en, zh=zh))


def with_unit(label: Label, unit: str) -> Label:
    """A name and its unit, as titles have it."""
    return Label(en=f"{label.en}, {unit}", zh=f"{label.zh}, {unit}") if unit else label
