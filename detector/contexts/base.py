"""What a detector of benign explanations is: what it reads, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

from zhenzan.detector.contexts.case import Case
from zhenzan.detector.contexts.world import World
from zhenzan.features.family import Text

__all__ = ["CLEAR", "PLAIN", "Detector", "Finding"]

CLEAR: float = 1.0
"""Confidence where two kinds of signs agree, such as the creator's words and the shape."""
PLAIN: float = 0.8
"""Confidence of one sign that fits well. With the trust in rules (0.7) and a full excuse (0.9) it
is just enough to explain a family (0.50); anything less only weakens it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A benign explanation that the data show in one section.

    Attributes:
        kind: A key of `KINDS`.
        start_ms, end_ms: What it covers, half-open; None where it has no end.
        confidence: In (0, 1].
        quote: A few sanitised words of the creator or of a shared phrase; never a person's own.
        comment_id: Set where it concerns the likes of one comment.
    """

    kind: str
    start_ms: int | None
    end_ms: int | None
    confidence: float
    quote: str | None = None
    comment_id: str | None = None


class Detector(Protocol):
    """One hard negative: its sign, what it needs, and where it is found.

    Attributes:
        kinds: The kinds of context that it can yield.
        needs: Canonical columns without which it abstains.
        sign: What it looks for, in a sentence for readers.
    """

    kinds: ClassVar[tuple[str, ...]]
    needs: ClassVar[tuple[str, ...]]
    sign: ClassVar[Text]

    def find(self, case: Case, world: World) -> Iterator[Finding]:
        """Yields what it finds in one section; nothing where its signs are absent or unknown."""
        ...
