"""Clues of the timed acts from the canonical tables; what is absent gives no clue, never a code.

Each clue reads few columns, once, and fetches rows about accounts rather than acts where it can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from zhenzan.features.engine.base import Engine
from zhenzan.features.family import Tables
from zhenzan.models.attribution.clue_codes import (
    age_codes,
    birth_codes,
    first_above,
    follow_codes,
    gone_codes,
    profile_codes,
    talk_codes,
)
from zhenzan.models.attribution.corroboration import Clue
from zhenzan.models.attribution.events import Events

__all__ = ["clues", "declared_automation"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

_STEP: Final = "attribution"
# What an account is (young, sparse) doubles the odds at most; nobody's region counts at all
# (`docs/corroboration.md`).
_PERSONAL: Final = 0.7
# An age known to a month or better, and not merely since when the account was seen.
_PRECISE_S: Final = 31 * 86_400

_BORN: Final = """
SELECT account_id, MIN(created_ms) AS created_ms FROM {account}
WHERE created_ms IS NOT NULL AND COALESCE(created_precision_s, 0) <= $precise
      AND COALESCE(created_basis, 'field') <> 'first_seen'
GROUP BY account_id
"""
_PROFILE: Final = """
SELECT account_id, followers, posts, has_avatar, bio_length
FROM (SELECT account_id, followers, posts, has_avatar, bio_length,
             row_number() OVER (PARTITION BY account_id ORDER BY observed_ms DESC NULLS LAST,
                 followers NULLS LAST, posts NULLS LAST, bio_length NULLS LAST) AS place
      FROM {account_snapshot}) newest WHERE place = 1
"""
_FOLLOW: Final = """
SELECT f.source_id, f.target_id, MIN(f.created_ms) AS since_ms
FROM {follow} f
JOIN (SELECT DISTINCT creator_id FROM {section} WHERE creator_id IS NOT NULL) c
     ON c.creator_id = f.target_id
WHERE f.kind = 'follow' GROUP BY f.source_id, f.target_id
"""
_GONE: Final = """
SELECT engagement_id, retracted_lo_ms FROM {engagement} WHERE retracted_lo_ms IS NOT NULL
"""
_SAID: Final = """
SELECT c.account_id, c.section_id, c.created_ms, {form} AS form
FROM {comment} c {join}
WHERE c.account_id IS NOT NULL AND c.created_ms IS NOT NULL
      AND COALESCE(c.by_creator, FALSE) = FALSE
"""
_FORM: Final = "CASE WHEN t.surprising THEN 2 WHEN t.template_id IS NOT NULL THEN 1 ELSE 0 END"
_BOT: Final = "SELECT account_id, 1 AS declared FROM {account} WHERE declared_bot"


@dataclass(frozen=True, slots=True)
class _Acts:
    """What every clue needs of the timed acts."""

    events: Events
    when_ms: Ints
    account_ids: pa.ChunkedArray  # by account code
    section_ids: pa.ChunkedArray  # by section code
    creator_ids: pa.ChunkedArray  # by section code, NULL where unknown
    creator: Ints  # code by section code; sections of an unknown creator have their own


def clues(engine: Engine, tables: Tables, events: Events) -> tuple[Clue, ...]:
    """Every clue that the tables allow; none without them.

    `age` and `birth` need `account`, `profile` also `account_snapshot`, `follow` needs `follow` and
    the creators in `section`, `gone` the times of removal, `talk` needs `comment`, and takes the
    words from the relation `comment_template` of the template family where `tables` holds it.

    Raises:
        EngineError: With the statement that failed.
    """
    if not events.n:
        return ()
    acts = _acts(engine, tables, events)
    found = [*_of_account(engine, tables, acts), *_of_follow(engine, tables, acts),
             *_of_removal(engine, tables, acts), *_of_talk(engine, tables, acts)]  # fmt: skip
    return tuple(clue for clue in found if (clue.codes >= 0).any())


def declared_automation(engine: Engine, tables: Tables, events: Events) -> NDArray[np.bool_]:
    """Whether each timed act comes from an account declared to be automated (H17)."""
    if not events.n or not _has(tables, "account", "declared_bot"):
        return np.zeros(events.n, bool)
    rows = _fetch(engine, _BOT, tables)
    ids = _ids(events.acts, "account", "account_id")
    flagged = pc.is_in(ids, value_set=rows["account_id"].combine_chunks())
    return np.append(flagged.to_numpy().astype(bool), False)[events.account]


def _acts(engine: Engine, tables: Tables, events: Events) -> _Acts:
    section_ids = _ids(events.acts, "section", "section_id")
    creator_ids = pa.chunked_array([pa.nulls(len(section_ids), pa.string())])
    if _has(tables, "section", "creator_id"):
        rows = engine.fetch(tables["section"], columns=("section_id", "creator_id"))
        creator_ids = _aligned(rows, "section_id", section_ids)["creator_id"]
    _, creator = np.unique(
        creator_ids.fill_null("").to_numpy(zero_copy_only=False).astype(str), return_inverse=True
    )
    unknown = creator_ids.is_null().to_numpy()
    creator = np.where(unknown, len(creator) + np.arange(len(creator)), creator)
    return _Acts(
        events=events,
        when_ms=(events.origin_ms[events.stream] + np.rint(events.age_s * 1e3)).astype(np.int64),
        account_ids=_ids(events.acts, "account", "account_id"),
        section_ids=section_ids,
        creator_ids=creator_ids,
        creator=creator.astype(np.int64),
    )


def _of_account(engine: Engine, tables: Tables, acts: _Acts) -> list[Clue]:
    if not _has(tables, "account", "created_ms", "created_precision_s", "created_basis"):
        return []
    rows = _fetch(engine, _BORN, tables, precise=_PRECISE_S)
    events, when = acts.events, acts.when_ms
    born = _by_act(_aligned(rows, "account_id", acts.account_ids)["created_ms"], events.account)
    age = age_codes(born, when, events.account)
    birth = birth_codes(
        born, when, events.account, events.stream, events.section, acts.creator[events.section]
    )
    found = [Clue("age", *age, most=_PERSONAL), Clue("birth", *birth)]
    profile = ("followers", "posts", "has_avatar", "bio_length")
    if _has(tables, "account_snapshot", *profile):
        rows = _fetch(engine, _PROFILE, tables)
        rows = _aligned(rows, "account_id", acts.account_ids)
        seen = [_by_act(rows[name], events.account) for name in profile]
        # Followers and posts fall over powers of ten; a picture and words count as much as one e.
        fullness = np.log1p(seen[0]) + np.log1p(seen[1]) + seen[2] + (seen[3] > 0)
        fullness[np.isnan(seen[3])] = np.nan
        found.append(Clue("profile", *profile_codes(age[0], fullness), most=_PERSONAL))
    return found


def _of_follow(engine: Engine, tables: Tables, acts: _Acts) -> list[Clue]:
    if not _has(tables, "follow", "created_ms") or not _has(tables, "section", "creator_id"):
        return []
    rows = _fetch(engine, _FOLLOW, tables)
    events = acts.events
    names = pc.unique(acts.creator_ids.drop_null())
    source = _codes(rows["source_id"], acts.account_ids)
    target = _codes(rows["target_id"], names)
    creator = _codes(acts.creator_ids, names)[events.section]
    itself = _codes(acts.creator_ids, acts.account_ids)[events.section]
    account = events.account
    known = (account >= 0) & (creator >= 0) & (itself != account)
    known &= _any(source, len(acts.account_ids))[account] & _any(target, len(names))[creator]
    kept = (source >= 0) & (target >= 0)  # both ends act in this set
    key = source[kept] * len(names) + target[kept]
    order = np.argsort(key, kind="stable")
    since = rows["since_ms"].cast(pa.float64()).fill_null(np.nan).to_numpy()[kept][order]
    wanted = account * len(names) + creator
    place = np.minimum(first_above(key[order], wanted - 1), max(len(order) - 1, 0))
    if not len(order):
        return []
    follows = key[order][place] == wanted
    return [Clue("follow", *follow_codes(follows, since[place], acts.when_ms, known))]


def _of_removal(engine: Engine, tables: Tables, acts: _Acts) -> list[Clue]:
    if not _has(tables, "engagement", "retracted_lo_ms"):
        return []
    rows = _fetch(engine, _GONE, tables)
    events = acts.events
    ids = events.acts["engagement_id"].slice(0, events.n)
    gone = _reals(_aligned(rows, "engagement_id", ids)["retracted_lo_ms"])
    return [Clue("gone", *gone_codes(acts.when_ms, gone, events.section))]


def _of_talk(engine: Engine, tables: Tables, acts: _Acts) -> list[Clue]:
    if not _has(tables, "comment", "created_ms", "account_id", "by_creator"):
        return []
    events, known = acts.events, acts.events.visit >= 0
    statement = _SAID.replace("{form}", "0").replace("{join}", "")
    if "comment_template" in tables:
        join = "LEFT JOIN {comment_template} t ON t.comment_id = c.comment_id"
        statement = _SAID.replace("{form}", _FORM).replace("{join}", join)
    rows = _fetch(engine, statement, tables)
    account = _codes(rows["account_id"], acts.account_ids)
    section = _codes(rows["section_id"], acts.section_ids)
    width = len(acts.section_ids)
    # Visits are numbered by account and section, so their pairs are sorted as they are numbered.
    pairs = np.zeros(int(events.visit.max(initial=-1)) + 1, np.int64)
    pairs[events.visit[known]] = events.account[known] * width + events.section[known]
    there = np.where((account >= 0) & (section >= 0), account * width + section, -1)
    visit = np.minimum(first_above(pairs, there - 1), max(len(pairs) - 1, 0))
    met = pairs[visit] == there if len(pairs) else np.zeros(len(there), bool)
    said = [_reals(rows[name])[met].astype(np.int64) for name in ("created_ms", "form")]
    codes = talk_codes(events.visit, acts.when_ms, visit[met], said[0], said[1])
    return [Clue("talk", *codes)]


def _has(tables: Tables, name: str, *columns: str) -> bool:
    return name in tables and set(columns) <= set(tables[name].columns)


def _fetch(engine: Engine, statement: str, tables: Tables, **params: int) -> pa.Table:
    """The rows of a statement, in any order: they are looked up by unique ids, or sorted later."""
    names = {name: relation.name for name, relation in tables.items()}
    relation = engine.sql(
        statement.format(**names), into="attribution_clue", step=_STEP, params=params
    )
    rows = engine.fetch(relation)
    engine.drop(relation)
    return rows


def _ids(acts: pa.Table, code: str, name: str) -> pa.ChunkedArray:
    """The id of each code of the acts, timed or not."""
    codes = acts[code].to_numpy()
    known = np.flatnonzero(codes >= 0)
    place = np.zeros(int(codes.max(initial=-1)) + 1, np.int64)
    place[codes[known]] = known
    return acts[name].take(pa.array(place)).cast(pa.string())


def _codes(ids: pa.ChunkedArray, by_code: pa.ChunkedArray | pa.Array) -> Ints:
    """Code of each id; -1 for NULL and for ids without one."""
    if isinstance(by_code, pa.ChunkedArray):
        by_code = by_code.combine_chunks()
    found = pc.index_in(ids.cast(pa.string()), value_set=by_code.cast(pa.string()), skip_nulls=True)
    return np.asarray(found.fill_null(-1).to_numpy(), np.int64)


def _aligned(rows: pa.Table, key: str, ids: pa.ChunkedArray) -> pa.Table:
    """The row of each id, NULL where there is none."""
    place = pc.index_in(ids, value_set=rows[key].cast(pa.string()).combine_chunks())
    return rows.take(place)


def _reals(column: pa.ChunkedArray) -> Reals:
    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(values, np.float64)


def _any(codes: Ints, size: int) -> NDArray[np.bool_]:
    """Which of the codes below `size` occur; one more, False, for unknown ones."""
    found = np.zeros(size + 1, bool)
    found[codes[codes >= 0]] = True
    return found


def _by_act(by_account: pa.ChunkedArray, account: Ints) -> Reals:
    """Values of accounts, at their acts; NaN where unknown."""
    return np.append(_reals(by_account), np.nan)[account]
