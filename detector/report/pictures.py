"""The picture of a group: accounts, sections, and what connects them."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup
from zhenzan.detector.report.records import Network
from zhenzan.detector.report.svg import UNITS, frame, number, percent

__all__ = ["network_picture"]

_HALF: Final = 8  # half the side of a section's square, in pixels


def network_picture(network: Network, *, label: str) -> Markup:
    """Dots for accounts, lettered squares for sections, a line where one engaged with the other."""
    accounts, sections = network.accounts, network.sections
    lines = "".join(
        f"M{_units(accounts[a])}L{_units((sections[s][0], sections[s][1]))}"
        for a, s in network.edges
    )
    dots = "".join(
        f'<circle class="account" cx="{percent(x)}" cy="{percent(y)}" r="3.2"/>'
        for x, y in accounts
    )
    squares = "".join(
        f'<svg x="{percent(x)}" y="{percent(y)}" overflow="visible">'
        f'<rect class="section" x="{-_HALF}" y="{-_HALF}" width="{2 * _HALF}" height="{2 * _HALF}"'
        f' rx="2"/><text class="letter" y="4">{name}</text></svg>'
        for x, y, name in sections
    )
    body = f'<path class="edge" d="{lines}"/>'
    return frame(body, css="network", label=label, overlay=dots + squares)


def _units(at: tuple[float, float]) -> str:
    return f"{number(UNITS * at[0])},{number(UNITS * at[1])}"
