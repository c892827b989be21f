"""What a feature family is: its specs, what it needs, how it computes and how it explains.

A family is one sub-package of `zhenzan.features` and one line in `families.py`. Matrix columns
(`timing__peak_excess`), report rows, reason codes and the documentation table are derived from its
specs. Missing inputs make a feature NULL ("not computable"), never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

from zhenzan.features.engine.base import Engine, Relation

__all__ = [
    "Entity",
    "Evidence",
    "FeatureConfig",
    "FeatureFamily",
    "FeatureSpec",
    "Requirement",
    "Tables",
    "Text",
]

Tables: TypeAlias = Mapping[str, Relation]
"""Canonical table name to relation; an absent table has no key.

Beside them may stand what an earlier step made of them (`template.ANALYSED`).
"""


class Entity(StrEnum):
    """What a row of a matrix stands for."""

    SECTION = "section"
    ACCOUNT = "account"
    COMMENT = "comment"

    @property
    def key(self) -> str:
        """The id column of this entity."""
        return f"{self.value}_id"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in the two languages of the reports."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One feature.

    Attributes:
        name: Snake case, without the family's name.
        entity: Whose feature it is.
        unit: `share`, `count`, `seconds`, `ratio`, `nats`, `bits`, `z` …
        low: Smallest possible value, -inf where unbounded.
        high: Largest possible value, inf where unbounded.
        direction: +1 where more is more suspicious, -1 where less is, 0 where it only describes.
        text: One sentence for lay readers, zh and en.
        source: The paper or measurement that it rests on.
    """

    name: str
    entity: Entity
    unit: str
    low: float
    high: float
    direction: Literal[-1, 0, 1]
    text: Text
    source: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """Tables and columns without which a family cannot compute, and the weaker substitute.

    Attributes:
        columns: Table name to the columns that must be filled somewhere.
        substitute: What is done instead where they are missing; None if the family abstains.
    """

    columns: Mapping[str, tuple[str, ...]]
    substitute: Text | None = None


@dataclass(frozen=True, slots=True)
class FeatureConfig:
    """Settings shared by all families; every default has its source in the family that reads it.

    Attributes:
        min_likes: Fewer timed acts than this and timing abstains (hard negative H12).
        min_comments: Fewer texts than this and templates abstain (hard negative H12).
        seed: Of every hash-based sample.
    """

    min_likes: int = 20
    min_comments: int = 15
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """One checkable statement.

    Attributes:
        reason: Versioned code, `<family>.<name>@<version>`.
        subject: Entity kind (or `campaign`) and id.
        statement: The sentence, zh and en, with its numbers.
        refs: Ids of rows or entities that it rests on, at most 50, in a stable order.
        observed, expected: The two numbers compared, in `unit`.
        start_ms, end_ms: The window, half-open; None where there is none.
        strength: Log10 likelihood ratio or an equivalent surprise; 0 says nothing.
        counter_evidence: What speaks for a benign explanation, or the explanations to consider.
    """

    reason: str
    subject: tuple[str, str]
    statement: Text
    refs: tuple[str, ...]
    observed: float | None
    expected: float | None
    unit: str
    start_ms: int | None
    end_ms: int | None
    strength: float
    counter_evidence: tuple[Text, ...] = field(default=())


@runtime_checkable
class FeatureFamily(Protocol):
    """The plug-in contract; see `tests/contract/` for the suite that every family passes."""

    name: ClassVar[str]
    version: ClassVar[int]
    title: ClassVar[Text]
    requires: ClassVar[Requirement]
    specs: ClassVar[tuple[FeatureSpec, ...]]

    def compute(
        self, engine: Engine, tables: Tables, config: FeatureConfig
    ) -> dict[Entity, Relation]:
        """A relation an entity: its key column, then a DOUBLE column a spec; NULL = abstained."""
        ...

    def explain(
        self, engine: Engine, tables: Tables, targets: Mapping[Entity, Sequence[str]]
    ) -> Iterable[Evidence]:
        """Statements about the given entities only, strongest first; none where it abstained."""
        ...
