"""Engagement rows to acts: duplicates merged, acts taken back closed, ids made.

One act is `(kind, section, comment, account, occurrence)`. A like, an unlike and a like again are
occurrences 1 and 2, the first of them retracted. Acts without an account are never merged, because
two strangers look alike; only rows that bear the same id of their own are one.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.features.engine import Engine, Relation
from zhenzan.features.tables import TABLES

__all__ = ["UNDONE_BY", "forget", "merge_engagements"]

UNDONE_BY: Final = {
    "unlike": "like",
    "unstar": "star",
    "unshare": "share",
    "unfollow": "follow",
    "unfavorite": "favorite",
    "undislike": "dislike",
}
_STEP: Final = "ingest"
_NAMES: Final = tuple(c.name for c in TABLES["engagement"].columns)
_KEY: Final = "kind, section_id, comment_id, account_id"
# The better known time wins (exact before interval before none), then the earlier one; what is
# left differs in details only.
_BEST: Final = (
    "CASE WHEN ts_lo_ms IS NULL THEN 1 ELSE 0 END NULLS LAST, ts_hi_ms - ts_lo_ms NULLS LAST,"
    " ts_lo_ms NULLS LAST, "
    + ", ".join(
        f"{n} NULLS LAST"
        for n in (
            "engagement_id", "list_rank", "declared_ms", "value", "device_hash", "address_hash",
            "network_hash", "asn", "region", "referrer", "basis", "dataset_id",
        )
    )
)  # fmt: skip


def merge_engagements(engine: Engine, staged: Relation) -> tuple[str, int]:
    """A SELECT of the acts, and the number of orphans.

    An orphan takes back an act that was never seen. The statement reads tables of this module that
    `forget` drops.
    """
    facts = _facts(engine, staged)
    orphans = 0
    if not (facts["undo"] or facts["repeated"] or facts["nameless"]):
        return _with_ids(_select(staged.name), given=facts["given"] > 0), 0
    acts = _acts(engine, staged)
    parts = [_select(_once(engine, acts), "account_id IS NOT NULL AND z_undo = 0")]
    if facts["repeated"]:
        numbered, orphans = _numbered(engine, acts)
        parts.append(_select(numbered.name, "z_row = 1 AND z_undo = 0"))
    if facts["nameless"]:
        nameless, unknown = _nameless(engine, acts)
        orphans += unknown
        parts.append(_select(nameless.name, "z_undo = 0"))
    return _with_ids(" UNION ALL ".join(parts), given=facts["given"] > 0), orphans


def forget(engine: Engine) -> None:
    """Drops what the statement of `merge_engagements` reads."""
    for name in ("acts", "numbered", "once", "nameless", "repeated"):
        engine.drop(Relation(f"ingest_{name}", pa.schema([])))


def _facts(engine: Engine, staged: Relation) -> dict[str, int]:
    """What there is to do: most inputs hold no duplicate and no act taken back."""
    undo = ", ".join(f"'{kind}'" for kind in UNDONE_BY)
    repeated = engine.sql(
        f"SELECT {_base_kind()} AS kind, section_id, comment_id, account_id FROM {staged.name} "
        f"WHERE account_id IS NOT NULL GROUP BY {_base_kind()}, section_id, comment_id, account_id "
        f"HAVING count(*) > 1 OR count(*) FILTER (WHERE kind IN ({undo})) > 0",
        into="ingest_repeated",
        step=_STEP,
    )
    facts = engine.sql(
        f"SELECT count(*) FILTER (WHERE kind IN ({undo})) AS undo, "
        "count(*) FILTER (WHERE account_id IS NULL) AS nameless, "
        "count(*) FILTER (WHERE engagement_id <> '') AS given, "
        f"(SELECT count(*) FROM {repeated.name}) AS repeated FROM {staged.name}",
        into="ingest_facts",
        step=_STEP,
    )
    row: dict[str, int] = engine.fetch(facts).to_pylist()[0]
    engine.drop(facts)
    return row


def _base_kind() -> str:
    cases = " ".join(f"WHEN '{undo}' THEN '{act}'" for undo, act in UNDONE_BY.items())
    return f"CASE kind {cases} ELSE kind END"


def _acts(engine: Engine, staged: Relation) -> Relation:
    """Staged rows, an undoing one under the kind that it undoes."""
    undo = ", ".join(f"'{kind}'" for kind in UNDONE_BY)
    rest = ", ".join(n for n in _NAMES if n != "kind")
    return engine.sql(
        f"SELECT {rest}, {_base_kind()} AS kind, CASE WHEN kind IN ({undo}) THEN 1 ELSE 0 END "
        f"AS z_undo FROM {staged.name}",
        into="ingest_acts",
        step=_STEP,
    )


def _same(left: str, right: str) -> str:
    return " AND ".join(
        f"coalesce({left}.{n}, '') = coalesce({right}.{n}, '')"
        for n in ("kind", "section_id", "comment_id", "account_id")
    )


def _once(engine: Engine, acts: Relation) -> str:
    """Rows whose key stands alone."""
    return engine.sql(
        f"SELECT a.* FROM {acts.name} AS a WHERE NOT EXISTS (SELECT 1 FROM ingest_repeated AS r "
        f"WHERE {_same('a', 'r')})",
        into="ingest_once",
        step=_STEP,
    ).name


def _numbered(engine: Engine, acts: Relation) -> tuple[Relation, int]:
    """Rows of repeated keys with their occurrence, retraction, and rank among equals."""
    rest = ", ".join(
        f"{n}" for n in _NAMES if n not in ("occurrence", "retracted_lo_ms", "retracted_hi_ms")
    )
    again = f"PARTITION BY {_KEY}, coalesce(occurrence, 0)"
    # An act of unknown time is the first one; one taken back at an unknown time was last.
    order = (
        "ORDER BY CASE WHEN ts_lo_ms IS NULL THEN 2 * z_undo ELSE 1 END NULLS LAST, "
        "ts_lo_ms NULLS LAST, z_undo NULLS LAST"
    )
    # What takes back without a number closes the act that is open then, whatever number that has.
    # Of rows that tie, each window has an order of its own: the one that opens has to come first.
    numbered = engine.sql(
        f"""WITH again AS (
  SELECT {rest}, retracted_lo_ms, retracted_hi_ms, z_undo,
    CASE WHEN z_undo = 1 THEN coalesce(occurrence, max(CASE WHEN z_undo = 0 THEN occurrence END)
      OVER (PARTITION BY {_KEY} {order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
    ELSE occurrence END AS occurrence
  FROM {acts.name} AS a
  WHERE EXISTS (SELECT 1 FROM ingest_repeated AS r WHERE {_same("a", "r")})
), turned AS (
  SELECT again.*, CASE WHEN z_undo = 0 AND coalesce(lag(z_undo) OVER ({again} {order}), 1) = 1
    THEN 1 ELSE 0 END AS z_opens FROM again
), counted AS (
  SELECT turned.*, sum(z_opens) OVER ({again} {order}, z_opens DESC NULLS LAST
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS z_nth FROM turned
), placed AS (
  SELECT {rest}, z_undo, z_nth, retracted_lo_ms, retracted_hi_ms,
    coalesce(occurrence, CAST(z_nth AS BIGINT)) AS occurrence FROM counted
)
SELECT {rest}, z_undo, z_nth, occurrence,
  min(CASE WHEN z_undo = 1 THEN ts_lo_ms ELSE retracted_lo_ms END)
    OVER (PARTITION BY {_KEY}, occurrence) AS retracted_lo_ms,
  min(CASE WHEN z_undo = 1 THEN ts_hi_ms ELSE retracted_hi_ms END)
    OVER (PARTITION BY {_KEY}, occurrence) AS retracted_hi_ms,
  row_number() OVER (PARTITION BY {_KEY}, occurrence, z_undo ORDER BY {_BEST}) AS z_row
FROM placed""",
        into="ingest_numbered",
        step=_STEP,
    )
    orphaned = engine.sql(
        f"SELECT count(*) AS n FROM {numbered.name} WHERE z_undo = 1 AND z_nth = 0",
        into="ingest_orphans",
        step=_STEP,
    )
    orphans: int = engine.fetch(orphaned).column("n")[0].as_py()
    engine.drop(orphaned)
    return numbered, orphans


def _nameless(engine: Engine, acts: Relation) -> tuple[Relation, int]:
    """Acts of nobody known, counted up by time so that each has a key of its own."""
    rest = ", ".join(n for n in _NAMES if n != "occurrence")
    own = "PARTITION BY CASE WHEN engagement_id = '' THEN NULL ELSE engagement_id END"
    nameless = engine.sql(
        f"""WITH strangers AS (
  SELECT {rest}, z_undo, row_number() OVER ({own} ORDER BY {_BEST}) AS z_copy
  FROM {acts.name} WHERE account_id IS NULL
)
SELECT {rest}, z_undo, row_number() OVER (PARTITION BY kind, section_id, comment_id, z_undo
  ORDER BY {_BEST}) AS occurrence
FROM strangers WHERE z_copy = 1 OR engagement_id = ''""",
        into="ingest_nameless",
        step=_STEP,
    )
    undone = engine.fetch(nameless, columns=["z_undo"]).column("z_undo")
    return nameless, int(pc.sum(undone).as_py() or 0)


def _select(name: str, where: str = "") -> str:
    columns = ", ".join(
        "coalesce(occurrence, 1) AS occurrence" if n == "occurrence" else n for n in _NAMES
    )
    return f"SELECT {columns} FROM {name}" + (f" WHERE {where}" if where else "")


def _with_ids(rows: str, *, given: bool) -> str:
    """Rows without an id get one made of their key and time; so do rows whose id is not theirs."""
    parts = (
        "kind", "section_id", "coalesce(comment_id, '')", "coalesce(account_id, '')",
        "coalesce(CAST(ts_lo_ms AS STRING), '')", "CAST(occurrence AS STRING)",
    )  # fmt: skip
    made = f"md5({' || chr(31) || '.join(parts)})"
    if given:
        made = (
            "CASE WHEN engagement_id <> '' AND count(*) OVER (PARTITION BY engagement_id) = 1 "
            f"THEN engagement_id ELSE {made} END"
        )
    rest = ", ".join(n for n in _NAMES if n != "engagement_id")
    return f"SELECT {made} AS engagement_id, {rest} FROM ({rows}) AS acts"
