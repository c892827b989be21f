"""Statements about surprising templates, for a section, an account or a comment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log2
from typing import Any, Final

from zhenzan.features.errors import printable
from zhenzan.features.family import Entity, Evidence, Text
from zhenzan.features.numbers import about
from zhenzan.features.template.normal import quoted_form

__all__ = ["section_evidence"]

_MOST_REFS: Final = 50
_MOST_STRENGTH: Final = 6.0  # a likelihood ratio of a million: more is not believed of one test
_SHOWN: Final = 40

_QUOTES: Final = Text(
    "人们也会重复标题、歌词、口号、纪念用语、抽奖要求的话或一个流行梗；文本相同不等于被购买。",
    "People also repeat a title, a lyric, a slogan, a formula of condolence, a giveaway's required"
    " phrase or a passing joke; equal texts are not purchased texts.",
)
_ALONE: Final = Text(
    "用来对照的评论区都没有这句话：背景频率只来自对短语长度的一般假设。",
    "None of the sections compared held this text: its background rate rests on general"
    " assumptions about phrases of this length.",
)
_NOTHING: Final = Text(
    "加入其他作者的评论区后再扫描，这句话也可能显得常见。",
    "With sections of other creators in the scan the phrase may prove to be common.",
)


def section_evidence(
    rows: Sequence[Mapping[str, Any]], wanted: set[tuple[Entity, str]], version: int
) -> Iterator[Evidence]:
    """One statement a wanted entity and template, strongest first.

    Args:
        rows: A row a comment in a surprising template, with the template's figures.
        wanted: Entities to speak about.
        version: Of the family, for the reason code.
    """
    held: dict[tuple[Entity, str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        for entity in Entity:
            id_ = row[entity.key]
            if (entity, id_) in wanted:
                key = (entity, id_, row["section_id"], row["template_id"])
                held.setdefault(key, []).append(row)
    found = [_statement(key[0], key[1], members, version) for key, members in held.items()]
    yield from sorted(found, key=lambda e: (-e.strength, e.subject, e.refs))


def _statement(
    entity: Entity, id_: str, members: Sequence[Mapping[str, Any]], version: int
) -> Evidence:
    row = members[0]
    form = printable(quoted_form(row["form"], (m["text"] for m in members)), _SHOWN)
    n, users = row["n_comments"], row["n_accounts"]
    own = len(members)
    zh_own, en_own = "", ""
    if entity is Entity.ACCOUNT:
        zh_own, en_own = f"其中该账号 {own} 条；", f" {own} of them by this account;"
    zh_who, en_who = f"{users} 个账号写了 {n} 条", f"{users} accounts wrote {n} comments"
    if all(m["account_id"] is None for m in members):
        zh_who, en_who = f"有 {n} 条（作者未知）", f"There are {n} comments, authors unknown,"
    zh_rate, en_rate = _background(row)
    return Evidence(
        reason=f"template.surprise@{version}",
        subject=(entity.value, id_),
        statement=Text(
            f"{zh_who}近似“{form}”的评论；{zh_own}{zh_rate}。",
            f"{en_who} like “{form}”;{en_own} {en_rate}.",
        ),
        refs=tuple(sorted(m["comment_id"] for m in members)[:_MOST_REFS]),
        observed=float(users),
        expected=round(row["expected"], 4),
        unit="accounts",
        start_ms=None,
        end_ms=None,
        strength=round(min(row["surprise"] / log2(10), _MOST_STRENGTH), 4),
        counter_evidence=(_QUOTES, *_doubts(row)),
    )


def _background(row: Mapping[str, Any]) -> tuple[str, str]:
    """How many accounts were to be expected, and by what."""
    expected = about(row["expected"])
    if row["n_compared"] < 1:
        return (
            f"没有其他作者的评论区可作对照，按这一长度短语的一般频率预计{expected.zh} 个账号",
            "no section of another creator is here to compare with; at the general rate of phrases"
            f" of this length, {expected.en} accounts are expected",
        )
    return (
        f"按其余评论区（已知同一作者的不计）预计{expected.zh} 个账号"
        f"（那里共有 {row['n_elsewhere']} 个）",
        "the other sections, those known to be of the same creator left out, predict"
        f" {expected.en} accounts ({row['n_elsewhere']} wrote it there)",
    )


def _doubts(row: Mapping[str, Any]) -> tuple[Text, ...]:
    if row["n_compared"] < 1:
        return (_NOTHING,)
    return () if row["n_elsewhere"] else (_ALONE,)
