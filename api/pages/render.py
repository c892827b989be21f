"""Templates of the console: everything is escaped, nothing undefined passes silently."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader, StrictUndefined
from zhenzan.detector.contexts.kinds import context_text
from zhenzan.detector.report.texts import Texts

__all__ = ["render"]

_SIGNIFICANT: Final = 100.0  # from here on no decimals


def render(template: str, texts: Texts, **values: Any) -> str:
    """The page as HTML.

    Args:
        template: A file of `templates/`.
        texts: Sentences of a language; `t` in templates.
        values: What the template shows.
    """
    return _environment().get_template(template).render(t=texts, **values)


@cache
def _environment() -> Environment:
    folder = resources.files("zhenzan.api.pages") / "templates"

    def load(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    made = Environment(
        loader=FunctionLoader(load),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        time=_time, number=_number, share=_share, path=lambda text: quote(str(text), safe=""),
        bare=_bare,
    )  # fmt: skip
    made.globals["context_name"] = _context_name
    return made


def _time(ms: int | None) -> str:
    """UTC to the minute; the console names no other zone, since its users sit in several."""
    if ms is None:
        return "–"
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "–"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, int) or abs(value) >= _SIGNIFICANT:
        return f"{value:,.0f}"
    return f"{value:,.1f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _bare(text: str | None, most: int = 300) -> str:
    """Text of the data without marks that reorder or hide what stands beside it."""
    kept = "".join(c if c.isprintable() else " " for c in (text or "")[:most])
    return kept + "…" if text is not None and len(text) > most else kept


def _context_name(kind: str, texts: Texts) -> str:
    named = context_text(kind)
    return named.zh if texts.language == "zh" else named.en
