"""What a report says, as plain records: already in one language, redacted and cleaned of marks.

Templates and charts read these and nothing else, so whatever reaches the page passed through
`build.py`. Times are milliseconds since 1970 UTC, spans half-open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = [
    "Check",
    "CommentRow",
    "Curve",
    "Explained",
    "ExplainedRow",
    "Group",
    "GroupMember",
    "InputRow",
    "Method",
    "Network",
    "Report",
    "Row",
    "SectionPart",
    "Statement",
    "Template",
    "UnreadRow",
    "Window",
]

State: TypeAlias = Literal["yes", "partly", "no"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a scan looks at: whether it could, on what, and what would help."""

    name: str
    state: State
    detail: str
    remedy: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A section in the list; shares are None below 20 engagements or without an estimate."""

    anchor: str | None
    title: str
    id: str
    band: str
    score: float | None
    n_engagements: int
    n_purchased: float | None
    n_lo: float | None
    n_hi: float | None
    share: float | None
    lo: float | None
    hi: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """A stream over time.

    Attributes:
        comment: The shown name of the comment, if the stream is of one.
        bins: Equal bins `(start_ms, end_ms, observed, expected, low, high, excess)`.
    """

    kind: str
    comment: str | None
    bins: tuple[tuple[int, int, float, float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A numbered window of excess; `fine` counts its surroundings: `(excess, other)` a bin."""

    number: int
    kind: str
    comment: str | None
    start_ms: int
    end_ms: int
    observed: int
    expected: float
    attributed: float
    strength: float
    on_curve: bool = False
    fine_start_ms: int = 0
    fine_end_ms: int = 0
    fine: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of evidence and what speaks against it."""

    id: str
    reason: str
    text: str
    observed: str | None
    expected: str | None
    span: tuple[int, int] | None
    strength: float
    counter: tuple[str, ...]
    n_refs: int


@dataclass(frozen=True, slots=True)
class Template:
    """Comments that share a pattern: how many, by how many accounts, when, in which words.

    `n_accounts` is None where no author is known; `uncounted` marks a pattern that makes up much
    of the section and was still not counted as unusual, which needs a word of explanation.
    """

    n_comments: int
    n_accounts: int | None
    examples: tuple[str, ...]
    times: tuple[int, ...]
    uncounted: bool = False


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment in the table."""

    name: str
    author: str | None
    text: str
    created_ms: int | None
    likes: int | None
    unexplained: float | None
    band: str
    in_template: bool


@dataclass(frozen=True, slots=True)
class GroupMember:
    """An account of a group."""

    name: str
    band: str
    n_sections: int
    n_attributed: float
    coherence: float | None


@dataclass(frozen=True, slots=True)
class Network:
    """Who engaged with what: positions in [0, 1]², edges as `(account, section)` indices.

    Attributes:
        accounts: Position of each account that an attributed act connects.
        sections: Position and label of each section.
        edges: Attributed engagements; at most one a pair.
        n_acts: How many engagements the edges stand for.
        rug: For each section its label and the times of the group's attributed engagements.
        hidden_sections: Sections that are not drawn.
    """

    accounts: tuple[tuple[float, float], ...]
    sections: tuple[tuple[float, float, str], ...]
    edges: tuple[tuple[int, int], ...]
    n_acts: int
    rug: tuple[tuple[str, tuple[int, ...]], ...]
    hidden_sections: int


@dataclass(frozen=True, slots=True)
class Group:
    """A campaign: accounts and sections that one operation would explain."""

    anchor: str
    id: str
    kind: str
    n_accounts: int
    n_sections: int
    n_engagements: int
    first_ms: int | None
    last_ms: int | None
    coordination: float | None
    confidence: float | None
    order_size: int | None
    delivery: str | None
    cost: tuple[float, float] | None
    algorithm: str
    members: tuple[GroupMember, ...]
    sections: tuple[tuple[str, str, str | None], ...]  # label, title, anchor of its description
    network: Network | None
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class InsightWeek:
    """Acts by hour of the week, Monday 00 h first."""

    raw: tuple[float, ...]
    genuine: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class InsightBars:
    """Amounts as bars: `(label, genuine, raw, other)`; `name` says of what."""

    name: str
    rows: tuple[tuple[str, float, float, float | None], ...]


@dataclass(frozen=True, slots=True)
class InsightSteps:
    """Readings of a counter: `(time_ms, low, high)`, high None where unbounded."""

    rows: tuple[tuple[int, int, int | None], ...]


@dataclass(frozen=True, slots=True)
class InsightCard:
    """One figure for a creator, on what looks genuine and raw, with its n."""

    name: str
    title: str
    sentence: str
    n: int
    raw: str | None
    genuine: str | None
    week: InsightWeek | None
    bars: InsightBars | None
    steps: InsightSteps | None


@dataclass(frozen=True, slots=True)
class InsightPart:
    """What a creator learns: advice with its n, figures, and `(title, why)` of what was silent."""

    hints: tuple[tuple[str, int], ...]
    cards: tuple[InsightCard, ...]
    silent: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CreatorPart:
    """The insights over all sections of one creator; `name` None where names are hidden."""

    anchor: str
    number: int
    name: str | None
    insights: InsightPart


@dataclass(frozen=True, slots=True)
class ExplainedRow:
    """One benign explanation: what, who says so, when, in which words, and whether it counted."""

    name: str
    who: str
    when: str
    quote: str
    counted: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """The explanations of a section; its band and score without and with all of them."""

    rows: tuple[ExplainedRow, ...]
    more: int
    band_before: str | None
    band_after: str | None
    score_before: float | None
    score_after: float | None


@dataclass(frozen=True, slots=True)
class SectionPart:
    """A section described in full."""

    rank: int
    row: Row
    probability: float | None
    coordinated: bool | None
    automated: bool | None
    contexts: tuple[str, ...]
    explained: Explained | None
    families: tuple[str, ...]
    incomplete: bool
    checks: tuple[Check, ...]
    curves: tuple[Curve, ...]
    more_curves: int
    windows: tuple[Window, ...]
    more_windows: int
    statements: tuple[Statement, ...]
    more_statements: int
    templates: tuple[Template, ...]
    more_templates: int
    texts_checked: bool
    comments: tuple[CommentRow, ...]
    n_comments: int
    replies: tuple[CommentRow, ...]
    groups: tuple[tuple[str, str], ...]  # anchor, id
    insights: InsightPart | None


@dataclass(frozen=True, slots=True)
class InputRow:
    """A file that was read."""

    path: str
    source: str
    rows_read: int
    rows_rejected: int
    rows_skipped: int


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A file that was not read, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Method:
    """How the scan was made."""

    version: str
    model: str
    engine: str
    config: str
    calibrated: bool
    families: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    inputs: tuple[InputRow, ...]
    n_inputs: int
    unread: tuple[UnreadRow, ...]
    n_unread: int
    rows_read: int
    rows_merged: int
    rows_rejected: int
    rejections: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the page shows.

    Attributes:
        only: The title of the section, in a report about a single one.
        zone: Name of the time zone of all times.
        bands: Sections by band, most severe first.
        totals: Counts by name: sections, engagements, accounts, comments, campaigns.
        amount: Engagements that do not fit, of how many, in the sections of the highest band.
        checks: Check name to the number of sections by state.
    """

    redacted: bool
    only: str | None
    zone: str
    zone_known: bool
    period: tuple[int, int] | None
    headline: str
    n_scored: int
    bands: tuple[tuple[str, int], ...]
    totals: dict[str, int]
    amount: tuple[float, int] | None
    checks: tuple[tuple[str, dict[str, int]], ...]
    rows: tuple[Row, ...]
    n_rows: int
    parts: tuple[SectionPart, ...]
    creators: tuple[CreatorPart, ...]
    groups: tuple[Group, ...]
    more_groups: int
    method: Method
    notes: tuple[str, ...] = field(default=())
