"""What an insight is: a figure for a creator, raw and on what looks genuine, its n or why not.

An insight says nothing about anybody: it describes activity that was received, and stays silent
where too little is known. "Genuine" here and in all insights: engagements weigh `1 - p_purchased`,
comments likewise, and comments in a surprising template weigh nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias

from zhenzan.features.family import Text

if TYPE_CHECKING:
    from zhenzan.detector.insights.known import Known

__all__ = ["LEAST_FOR_SHARE", "Cell", "Insight", "Maker", "Series", "Subject"]

Cell: TypeAlias = str | int | float | None
Subject: TypeAlias = tuple[Literal["section", "creator"], str]

LEAST_FOR_SHARE: Final = 20
"""No share of fewer acts than this: the report's rule, too (detector/report/wording.py)."""


@dataclass(frozen=True, slots=True)
class Series:
    """A small table behind a figure, for a picture: named columns, rows in order."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Insight:
    """One figure about one section, or about all sections of one creator.

    Attributes:
        id: Versioned, `<name>@<version>`.
        subject: `(section | creator, id)`.
        n: Observations behind it.
        least: With fewer observations than this it is not given.
        unit: Of `raw` and `genuine`: `share`, `rate` (comments per read or like), `ratio`, `count`,
            `seconds`, `score`.
        raw: The figure on everything received; None where there is none.
        genuine: The same on what looks genuine; None where that cannot be told.
        sentence: What it says; None where it abstains.
        abstained: Why nothing is said; None where something is.
        series: Small tables behind it.
    """

    id: str
    subject: Subject
    n: int
    least: int
    unit: str
    raw: float | None = None
    genuine: float | None = None
    sentence: Text | None = None
    abstained: Text | None = None
    series: tuple[Series, ...] = field(default=())

    @property
    def given(self) -> bool:
        """Whether it says something."""
        return self.sentence is not None


class Maker(ABC):
    """Makes one insight for every subject that is described: one file, one line in `registry.py`.

    Attributes:
        name: Snake case; the insight's id without its version.
        version: Changes when the figure changes its meaning.
        title: A heading.
        needs: What the data must hold.
        noun: What is counted by `n`, as in "12 comments".
        unit: See `Insight`.
        least: Smallest n.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    title: ClassVar[Text]
    needs: ClassVar[Text]
    noun: ClassVar[Text]
    unit: ClassVar[str]
    least: ClassVar[int]

    @property
    def id(self) -> str:
        """Name and version."""
        return f"{self.name}@{self.version}"

    @abstractmethod
    def make(self, known: Known) -> Iterator[Insight]:
        """One insight a subject, given or abstained; vectorised over all sections."""

    def say(
        self,
        subject: Subject,
        n: float,
        raw: float | None,
        genuine: float | None,
        zh: str,
        en: str,
        series: Sequence[Series] = (),
    ) -> Insight:
        """A given insight."""
        return Insight(
            self.id, subject, int(n), self.least, self.unit, _plain(raw), _plain(genuine),
            sentence=Text(zh, en), series=tuple(series),
        )  # fmt: skip

    def few(self, subject: Subject, n: float, genuine: float | None = None) -> Insight:
        """Abstains: there are too few, or too few that look genuine, or the data hold none."""
        noun, least = self.noun, self.least
        if n < 1:
            why = Text(f"数据不足：没有{self.needs.zh}。", f"Not enough data: no {self.needs.en}.")
        elif n >= least and genuine is not None:
            n = int(genuine)
            why = Text(
                f"数据不足：看来真实的只有 {n:,} {noun.zh}，至少需要 {least} {noun.zh}。",
                f"Not enough data: {n:,} of at least {least} {noun.en} look genuine.",
            )
        else:
            why = Text(
                f"数据不足：只有 {int(n):,} {noun.zh}，至少需要 {least} {noun.zh}。",
                f"Not enough data: {int(n):,} of at least {least} {noun.en}.",
            )
        return self.silent(subject, n, why)

    def silent(self, subject: Subject, n: float, why: Text) -> Insight:
        """Abstains for a reason of its own."""
        return Insight(self.id, subject, int(n), self.least, self.unit, abstained=why)


def _plain(value: float | None) -> float | None:
    """Six significant digits: sums in another order must not show in the bytes."""
    return None if value is None or value != value else float(f"{value:.6g}")
