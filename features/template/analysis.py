"""From comments to templates: normal forms, groups, and their surprise in every section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import FeatureConfig, Tables
from zhenzan.features.template.groups import Groups, grouped
from zhenzan.features.template.normal import normal_form
from zhenzan.features.template.phrases import phrase_leaders
from zhenzan.features.template.prompt import echoes, prompt_text
from zhenzan.features.template.slots import fixed_shares, slot_entropies
from zhenzan.features.template.surprise import (
    is_bare,
    is_everyday,
    prior_rate,
    rarity_bits,
    surprise_bits,
)

__all__ = [
    "ANALYSED",
    "COMMENT_TEMPLATE",
    "SECTION_TEMPLATE",
    "SURPRISING_BITS",
    "analyse",
    "templates",
]

ANALYSED: Final = ("comment_template", "section_template")
"""The relations of `analyse`; among the tables of the family they spare it the analysis."""

# A likelihood ratio of 2^20, a million to one, from three accounts or more: sections test hundreds
# of forms, and people who talk about one thing do use the same words.
SURPRISING_BITS: Final = 20.0
_LEAST_ACCOUNTS: Final = 3
# Topics shift the use of words severalfold between sections (real sections: "rip" under one post in
# ten), and bits grow with the size of a section: the rate must differ plainly too.
_LEAST_RATIO: Final = 5.0
# A bank of texts that a seller delivers to many sections must not be its own background: a section
# counts for the background with three times the usual rate at most, or with two accounts. What
# everybody says spreads over sections and keeps its rate; four rounds settle it.
_CAP_RATIO: Final = 3.0
_CAP_LEAST: Final = 2.0
_CAP_ROUNDS: Final = 4

COMMENT_TEMPLATE: Final = pa.schema(
    [
        ("comment_id", pa.string()),
        ("section_id", pa.string()),
        ("account_id", pa.string()),
        ("form_id", pa.string()),  # content hash of the normal form
        ("group_id", pa.string()),  # content hash of the leader of its near-duplicates
        ("everyday", pa.bool_()),  # a stock reaction, or nothing but emoji and marks
        ("template_id", pa.string()),  # the group's, where two accounts or more share it
        ("template_size", pa.int64()),  # comments of the group in the whole set
        ("surprise", pa.float64()),  # bits in this section; NULL below min_comments texts
        # At least SURPRISING_BITS and three accounts; no echo, nothing that everybody says.
        ("surprising", pa.bool_()),
        ("echo", pa.bool_()),  # answers or repeats the section's prompt; NULL where it is unknown
        ("phrase_id", pa.string()),  # of surprising ones: templates that say one thing share it
        ("wording_id", pa.string()),  # of the templates that say the same in another order
        ("rarity", pa.float64()),  # bits: how rare the template is in other creators' sections
        ("bare", pa.bool_()),  # emoji, emotes and marks alone
    ]
)
SECTION_TEMPLATE: Final = pa.schema(
    [
        ("section_id", pa.string()),
        ("template_id", pa.string()),
        ("form", pa.string()),  # the leader's normal form
        ("n_comments", pa.int64()),  # in this section
        ("n_accounts", pa.int64()),
        ("n_elsewhere", pa.int64()),  # accounts of other creators' sections that use it
        ("expected", pa.float64()),  # accounts expected here at the background rate
        ("surprise", pa.float64()),
        ("surprising", pa.bool_()),
        ("echo", pa.bool_()),  # as above
        ("phrase_id", pa.string()),  # as above
        ("everyday", pa.bool_()),  # as above
        ("fixed_share", pa.float64()),  # of the leader's characters, kept by the comments here
        ("slot_entropy", pa.float64()),  # 0: all alike, 1: each different; NULL for one comment
        ("rarity", pa.float64()),  # as above
    ]
)

# Texts of unknown accounts count as one account each: a comment of their own.
_TEXTS: Final = """
SELECT c.comment_id, c.section_id, c.account_id, c.text
FROM {comment} c WHERE c.text IS NOT NULL AND COALESCE(c.by_creator, FALSE) = FALSE
"""
_SECTION_INFO: Final = """
SELECT section_id, creator_id, title, text FROM {section}
"""

_Codes = NDArray[np.int64]
_Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Comments:
    """Comments with words of their own, as codes; all arrays have one entry a comment."""

    ids: pa.ChunkedArray
    account_ids: pa.ChunkedArray
    section: _Codes
    account: _Codes  # unknown accounts have a code of their own each
    form: _Codes
    sections: list[str]  # section ids by code
    forms: list[str]  # distinct normal forms by code


def templates(engine: Engine, tables: Tables, config: FeatureConfig) -> Relation:
    """The template of every comment that has words of its own.

    Args:
        engine: Where the tables live.
        tables: Needs `comment`; `section` adds creators and prompts.
        config: `min_comments` is the number of texts below which a section gets no surprise.

    Returns:
        The relation `comment_template` with the columns of `COMMENT_TEMPLATE`; without rows where
        there are no texts.
    """
    by_comment, by_section = analyse(engine, tables, config)
    engine.drop(by_section)
    return by_comment


def analyse(engine: Engine, tables: Tables, config: FeatureConfig) -> tuple[Relation, Relation]:
    """As `templates`, with the relation `section_template` (`SECTION_TEMPLATE`) beside it."""
    comments = _read(engine, tables)
    info = _section_info(engine, tables)
    if not comments.forms:
        return (
            engine.load("comment_template", COMMENT_TEMPLATE.empty_table(), step="template"),
            engine.load("section_template", SECTION_TEMPLATE.empty_table(), step="template"),
        )
    users = _distinct(comments.form, comments.account)[0]
    groups = grouped(comments.forms, np.bincount(users, minlength=len(comments.forms)))
    by_section, where = _by_section(comments, groups, info, config)
    by_comment = _by_comment(comments, groups, by_section, where)
    return (
        engine.load("comment_template", by_comment, step="template"),
        engine.load("section_template", by_section, step="template"),
    )


def _read(engine: Engine, tables: Tables) -> _Comments:
    schema = pa.schema([(n, pa.string()) for n in ("comment_id", "section_id", "account_id")])
    held, codes, known = [], [], dict[str, int]()
    if "comment" in tables:
        rows = engine.sql(
            _TEXTS.format(comment=tables["comment"].name), into="template_texts", step="template"
        )
        for batch in engine.fetch_batches(rows):
            forms = batch.column("text").dictionary_encode()
            of_text = [normal_form(t) for t in forms.dictionary.to_pylist()]
            here = np.array([known.setdefault(f, len(known)) for f in of_text], dtype=np.int64)
            codes.append(here[forms.indices.to_numpy()])
            held.append(batch.select(schema.names).cast(schema))
        engine.drop(rows)
    table = pa.Table.from_batches(held, schema=schema)
    form = np.concatenate(codes) if codes else np.empty(0, dtype=np.int64)
    own = form != known.get("", -1)  # without words of its own a comment has no template
    table, form = table.filter(pa.array(own)), form[own]
    used, form = np.unique(form, return_inverse=True)
    names = list(known)
    section_ids = table["section_id"].combine_chunks().dictionary_encode()
    accounts = table["account_id"].combine_chunks().dictionary_encode()
    account = accounts.indices.fill_null(-1).to_numpy().astype(np.int64)
    unknown = account < 0
    account[unknown] = len(accounts.dictionary) + np.arange(int(unknown.sum()))
    return _Comments(
        table["comment_id"],
        table["account_id"],
        section_ids.indices.to_numpy().astype(np.int64),
        account,
        form.astype(np.int64),
        section_ids.dictionary.to_pylist(),
        [names[i] for i in used],
    )


def _section_info(engine: Engine, tables: Tables) -> Mapping[str, Mapping[str, Any]]:
    if "section" not in tables:
        return {}
    rows = engine.sql(
        _SECTION_INFO.format(section=tables["section"].name), into="template_info", step="template"
    )
    info = {row["section_id"]: row for row in engine.fetch(rows).to_pylist()}
    engine.drop(rows)
    return info


def _distinct(*codes: _Codes) -> list[_Codes]:
    """The distinct rows of columns of codes, sorted."""
    order = np.lexsort(codes[::-1])
    columns = [c[order] for c in codes]
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return [c[new] for c in columns]


def _by_section(
    comments: _Comments,
    groups: Groups,
    info: Mapping[str, Mapping[str, Any]],
    config: FeatureConfig,
) -> tuple[pa.Table, tuple[_Codes, _Codes]]:
    """One row a section and template; with (section, leader) codes of the rows, sorted."""
    leader = groups.leader
    group = leader[comments.form]
    creator = _creator_codes(comments.sections, info)
    n_sections = len(comments.sections)
    users_section, users_group, _ = _distinct(comments.section, group, comments.account)
    section, of_group, n_accounts = _counted(users_section, users_group, len(leader))
    total = np.bincount(_distinct(comments.section, comments.account)[0], minlength=n_sections)
    # Elsewhere: the sum over all sections minus the sum over the sections of the same creator.
    capped = _capped(n_accounts, total[section], of_group, total.sum(), len(leader))
    elsewhere = _elsewhere(n_accounts, creator[section], of_group)
    usual = _elsewhere(capped, creator[section], of_group)
    elsewhere_total = total.sum() - np.bincount(creator, total)[creator[section]].astype(np.int64)
    prior = np.array([prior_rate(form) for form in comments.forms])[of_group]
    bits, expected = surprise_bits(n_accounts, total[section], usual, elsewhere_total, prior)
    texts = np.bincount(comments.section, minlength=n_sections)
    judged = texts[section] >= config.min_comments
    rows = (info.get(s, {}) for s in comments.sections)
    prompts = [prompt_text(row.get("title"), row.get("text")) for row in rows]
    prompted = np.array([prompt[2] != "" for prompt in prompts])
    pairs = zip(section.tolist(), of_group.tolist(), strict=True)
    echo = np.array([echoes(comments.forms[g], prompts[s]) for s, g in pairs])
    plain = (n_accounts >= _LEAST_ACCOUNTS) & (n_accounts >= _LEAST_RATIO * expected)
    everyday = np.array([is_everyday(form) for form in comments.forms])[of_group]
    surprising = judged & ~echo & ~everyday & (bits >= SURPRISING_BITS) & plain
    n_comments = _counted(comments.section, group, len(leader))[2]
    row = _find(section, of_group, comments.section, group, len(leader))
    lengths = np.array([len(form) for form in comments.forms])
    ids = _content_ids(comments.forms)
    table = pa.table(
        {
            "section_id": pa.array(comments.sections, pa.string()).take(pa.array(section)),
            "template_id": ids.take(pa.array(of_group)),
            "form": pa.array(comments.forms, pa.string()).take(pa.array(of_group)),
            "n_comments": n_comments,
            "n_accounts": n_accounts,
            "n_elsewhere": elsewhere,
            "expected": expected,
            "surprise": pa.array(bits, mask=~judged),
            "surprising": pa.array(surprising, mask=~judged),
            "echo": pa.array(echo, mask=~prompted[section]),
            "phrase_id": ids.take(
                _phrases(section, of_group, n_accounts, surprising, comments.forms)
            ),
            "everyday": everyday,
            "fixed_share": fixed_shares(row, groups.kept[comments.form], lengths[of_group]),
            "slot_entropy": slot_entropies(row, comments.form, len(section)),
            "rarity": rarity_bits(expected, total[section]),
        },
        schema=SECTION_TEMPLATE,
    )
    return table, (section, of_group)


def _capped(users: _Codes, total: _Codes, group: _Codes, everybody: int, n_groups: int) -> _Reals:
    """Users of each row as the background of other sections counts them."""
    kept = users.astype(np.float64)
    for _ in range(_CAP_ROUNDS):
        rate = np.bincount(group, kept, n_groups) / everybody
        kept = np.minimum(users, np.maximum(_CAP_RATIO * rate[group] * total, _CAP_LEAST))
    return np.asarray(kept)


def _elsewhere(users: NDArray[Any], creator: _Codes, group: _Codes) -> NDArray[Any]:
    """Of each row, the users of its template in sections of other creators."""
    pairs = creator * (int(group.max(initial=0)) + 1) + group
    own = np.unique(pairs, return_inverse=True)[1]
    here = np.bincount(own, users)[own]
    every = np.bincount(group, users)[group]
    return np.asarray(every - here).astype(users.dtype)


def _phrases(
    section: _Codes, group: _Codes, users: _Codes, surprising: NDArray[np.bool_], forms: list[str]
) -> pa.Array:
    """Of each surprising row the form that leads its phrase in its section; NULL of the others."""
    phrase = np.full(len(section), -1, np.int64)
    rows = np.flatnonzero(surprising)
    rows = np.array(sorted(rows, key=lambda r: (section[r], -users[r], forms[group[r]])), np.int64)
    for own in np.split(rows, np.flatnonzero(np.diff(section[rows])) + 1):
        leaders = phrase_leaders([forms[g] for g in group[own]])
        phrase[own] = group[own][leaders]
    return pa.array(phrase, mask=phrase < 0)


def _by_comment(
    comments: _Comments, groups: Groups, by_section: pa.Table, where: tuple[_Codes, _Codes]
) -> pa.Table:
    leader = groups.leader
    group = leader[comments.form]
    row = pa.array(_find(*where, comments.section, group, len(leader)))
    users = np.bincount(_distinct(group, comments.account)[0], minlength=len(leader))
    shared = users[group] >= 2
    ids = _content_ids(comments.forms)
    return pa.table(
        {
            "comment_id": comments.ids,
            "section_id": by_section["section_id"].take(row),
            "account_id": comments.account_ids,
            "form_id": ids.take(pa.array(comments.form)),
            "group_id": ids.take(pa.array(group)),
            "everyday": np.array([is_everyday(f) for f in comments.forms])[group],
            "template_id": ids.take(pa.array(group, mask=~shared)),
            "template_size": np.bincount(group, minlength=len(leader))[group],
            "surprise": by_section["surprise"].take(row),
            "surprising": by_section["surprising"].take(row),
            "echo": by_section["echo"].take(row),
            "phrase_id": by_section["phrase_id"].take(row),
            "wording_id": ids.take(pa.array(groups.wording[comments.form])),
            "rarity": by_section["rarity"].take(row),
            "bare": np.array([is_bare(f) for f in comments.forms])[comments.form],
        },
        schema=COMMENT_TEMPLATE,
    )


def _counted(first: _Codes, second: _Codes, n_second: int) -> tuple[_Codes, _Codes, _Codes]:
    """Distinct pairs of codes, sorted, and how often each occurs."""
    codes, counts = np.unique(first * n_second + second, return_counts=True)
    return codes // n_second, codes % n_second, counts.astype(np.int64)


def _find(
    first: _Codes, second: _Codes, wanted_first: _Codes, wanted_second: _Codes, n_second: int
) -> _Codes:
    """Positions of pairs in a sorted list of pairs that holds them."""
    return np.searchsorted(first * n_second + second, wanted_first * n_second + wanted_second)


def _creator_codes(sections: list[str], info: Mapping[str, Mapping[str, Any]]) -> _Codes:
    """A code a section: sections of one known creator share it."""
    codes: dict[tuple[str, str], int] = {}
    keys = []
    for section in sections:
        creator = info.get(section, {}).get("creator_id")
        keys.append(("section", section) if creator is None else ("creator", creator))
    return np.array([codes.setdefault(key, len(codes)) for key in keys], dtype=np.int64)


def _content_ids(forms: list[str]) -> pa.Array:
    """Names of forms that depend on their text only."""
    digests = (blake2b(f.encode("utf-8", "surrogatepass"), digest_size=8) for f in forms)
    return pa.array([d.hexdigest() for d in digests], pa.string())
