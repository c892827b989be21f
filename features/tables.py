"""The canonical tables: names, columns, types, units, and what is required.

Every source is turned into these tables once; nothing past ingest knows where the data came from.
The same names are the SQL names on every engine. Column names live here only.

Rules: ids are text; times are int64 milliseconds since 1970 UTC (`*_ms`); spans are half-open;
missing is NULL, never 0 and never ""; counts that platforms abbreviate are intervals
`value_lo..value_hi` with `value_hi` NULL for unbounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import pyarrow as pa

__all__ = ["TABLES", "Column", "Table"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, Arrow type, whether every row must fill it, and its closed vocabulary."""

    name: str
    type: pa.DataType
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table; `key` is the null-safe identity by which duplicates are merged."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", MappingProxyType({c.name: c for c in self.columns}))

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema, with NOT NULL where the column is required."""
        return pa.schema([pa.field(c.name, c.type, nullable=not c.required) for c in self.columns])

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that every row must fill."""
        return tuple(c.name for c in self.columns if c.required)


_TEXT: Final = pa.string()
_INT: Final = pa.int64()
_REAL: Final = pa.float64()
_FLAG: Final = pa.bool_()

# Order is the order in which reports list them; `basis` says how a time came to be known.
CREATED_BASIS: Final = ("field", "id_embedded", "relative_text", "date_only", "none")
ENGAGEMENT_BASIS: Final = ("stream", "list_timed", "list_untimed", "poll_diff", "internal_log")
CONTEXT_KINDS: Final = (
    "giveaway", "vote_prompt", "like_contest", "fan_ritual", "news", "push", "assignment",
    "livestream", "external_link", "meme", "formula", "friends_family", "featured", "pinned",
    "selected", "daily_ritual", "regional", "new_users", "declared_bot", "commerce_praise",
    "measurement_artefact", "platform_purge", "advert", "sabotage",
)  # fmt: skip
OUTCOMES: Final = (
    "no_action", "benign_explained", "needs_more_data", "likely_inauthentic",
    "confirmed_inauthentic", "overturned",
)  # fmt: skip


def _columns(
    spec: str, types: Mapping[str, pa.DataType], **choices: tuple[str, ...]
) -> tuple[Column, ...]:
    """Builds columns from `name!` words; a name not in `types` is text, `*_ms` is an integer."""
    columns = []
    for word in spec.split():
        name = word.rstrip("!")
        kind = types.get(name, _INT if name.endswith(("_ms", "_s")) else _TEXT)
        columns.append(Column(name, kind, word.endswith("!"), choices.get(name, ())))
    return tuple(columns)


def _integers(names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names.split(), _INT)


def _flags(names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names.split(), _FLAG)


DATASET: Final = Table(
    "dataset",
    _columns(
        "dataset_id! source! source_version! platform! content_sha256! observed_ms assumed_timezone"
        " pseudonym_key_id! rows_read! rows_rejected!",
        _integers("rows_read rows_rejected"),
    ),
    ("dataset_id",),
)
ACCOUNT: Final = Table(
    "account",
    _columns(
        "account_id! platform! id_kind! name_shape avatar_hash id_order created_ms"
        " created_precision_s created_basis declared_bot verified dataset_id!",
        _integers("id_order") | _flags("declared_bot verified"),
        id_kind=("native", "upstream_hash", "derived", "name_only"),
        created_basis=("field", "id_embedded", "id_rank", "first_seen"),
    ),
    ("account_id",),
)
ACCOUNT_SNAPSHOT: Final = Table(
    "account_snapshot",
    _columns(
        "account_id! observed_ms! followers following posts likes_given likes_received level"
        " has_avatar bio_length region gender extra",
        _integers("followers following posts likes_given likes_received level bio_length")
        | _flags("has_avatar"),
    ),
    ("account_id", "observed_ms"),
)
SECTION: Final = Table(
    "section",
    _columns(
        "section_id! platform! kind! creator_id published_ms published_precision_s title text"
        " language dataset_id!",
        {},
    ),
    ("section_id",),
)
COMMENT: Final = Table(
    "comment",
    _columns(
        "comment_id! section_id! parent_id root_id depth account_id text created_ms"
        " created_precision_s created_basis! edited by_creator pinned selected liked_by_creator"
        " replied_by_creator region reply_count moderation_status language dataset_id! extra",
        _integers("depth reply_count")
        | _flags("edited by_creator pinned selected liked_by_creator replied_by_creator"),
        created_basis=CREATED_BASIS,
    ),
    ("comment_id",),
)
ENGAGEMENT: Final = Table(
    "engagement",
    _columns(
        "engagement_id! kind! section_id! comment_id account_id ts_lo_ms ts_hi_ms list_rank"
        " declared_ms retracted_lo_ms retracted_hi_ms occurrence value device_hash address_hash"
        " network_hash asn region referrer basis! dataset_id!",
        _integers("list_rank occurrence asn") | {"value": _REAL},
        basis=ENGAGEMENT_BASIS,
    ),
    ("kind", "section_id", "comment_id", "account_id", "occurrence"),
)
COUNT_SNAPSHOT: Final = Table(
    "count_snapshot",
    _columns(
        "section_id! comment_id metric! scene! observed_ms! observed_basis window_s unit value_lo!"
        " value_hi dataset_id!",
        _integers("value_lo value_hi"),
        observed_basis=("row", "option", "file_time"),
        unit=("acts", "users"),
    ),
    ("metric", "scene", "observed_ms", "section_id", "comment_id"),
)
FOLLOW: Final = Table(
    "follow",
    _columns("source_id! target_id! kind! created_ms dataset_id!", {}),
    ("source_id", "target_id", "kind"),
)
COVERAGE: Final = Table(
    "coverage",
    _columns(
        "section_id! comment_id object! claimed_total collected! selection! truncated dataset_id!",
        _integers("claimed_total collected") | _flags("truncated"),
        object=("comment", "liker"),
        selection=("all", "recent", "top", "selected_by_creator", "sample", "unknown"),
    ),
    ("section_id", "comment_id", "object"),
)
CONTEXT: Final = Table(
    "context",
    _columns(
        "section_id comment_id kind! start_ms end_ms declared_by! quote confidence",
        {"confidence": _REAL},
        kind=CONTEXT_KINDS,
        declared_by=("creator", "reviewer", "auto", "platform"),
    ),
    ("section_id", "comment_id", "kind", "start_ms", "end_ms", "declared_by"),
)
DECISION: Final = Table(
    "decision",
    _columns(
        "decision_id! target_kind! target_id! outcome! reason note decided_by! decided_ms!"
        " appeal_of model_id",
        {},
        outcome=OUTCOMES,
    ),
    ("decision_id",),
)

TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        t.name: t
        for t in (
            DATASET, ACCOUNT, ACCOUNT_SNAPSHOT, SECTION, COMMENT, ENGAGEMENT, COUNT_SNAPSHOT,
            FOLLOW, COVERAGE, CONTEXT, DECISION,
        )
    }
)  # fmt: skip
