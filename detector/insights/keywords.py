"""Keywords: what a section's comments speak of more than those of all other sections.

Words are ranked by the z-score of their log-odds ratio under an informative Dirichlet prior
(Monroe, Colaresi, Quinn: Fightin' Words, Political Analysis 16, 2008, equations 15 to 22), counted
once a comment. Without other sections there is no contrast, and words are ranked by how many
comments use them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeAlias

import numpy as np
import pandas as pd
from zhenzan.detector.insights.base import Cell, Insight, Maker, Series
from zhenzan.detector.insights.known import Codes, Known, Reals
from zhenzan.detector.insights.say import count, quoted
from zhenzan.detector.insights.tokens import is_stopword, words_of
from zhenzan.features.family import Text

__all__ = ["Keywords", "WordCounts", "contrast", "count_words"]

Array: TypeAlias = np.ndarray[Any, Any]

# The prior weighs as much as this many words, spread as in all sections together: a word seen twice
# in a small section stays near zero, one that a tenth of its comments use does not (ours; Monroe
# et al. advise to choose it by how strongly rare words are to be shrunk).
PRIOR: Final = 500.0
_LEAST_USERS: Final = 2  # comments, by as many authors: one person's word is not the section's
_SHOWN: Final = 20
_NAMED: Final = 5  # in the sentence
_SIGNAL: Final = 1.0  # z below which a word is no more typical of this section than of another
# Bounds: enough for stable ranks, and a set of millions costs no more than this.
_A_SECTION: Final = 2000
_IN_ALL: Final = 200_000


@dataclass(frozen=True, slots=True)
class WordCounts:
    """In how many comments of which section each word stands.

    Attributes:
        words: By number.
        section, word: The pairs that occur, sorted.
        raw, genuine: Comments, and how many look genuine.
        users: Distinct authors; comments without a known author count one each.
        comments: Comments looked at by section.
    """

    words: list[str]
    section: Codes
    word: Codes
    raw: Reals
    genuine: Reals
    users: Reals
    comments: Reals


class Keywords(Maker):
    """The words that set a section's comments apart."""

    name: ClassVar[str] = "keywords"
    title: ClassVar[Text] = Text("关键词", "Keywords")
    needs: ClassVar[Text] = Text("留言文本", "texts of comments")
    noun: ClassVar[Text] = Text("条有文本的留言", "comments with a text")
    unit: ClassVar[str] = "score"
    least: ClassVar[int] = 10  # ours: two users of a word are then a fifth

    def make(self, known: Known) -> Iterator[Insight]:
        """Every described section."""
        found = count_words(known)
        everywhere: Reals = np.bincount(
            found.word, found.genuine, minlength=len(found.words)
        ).astype(np.float64)
        lone = len(np.unique(found.section)) < 2
        score = None if lone else contrast(found, everywhere)
        edges = np.searchsorted(found.section, np.arange(len(known.sections) + 1))
        for at, section_id in known.subjects():
            n = float(found.comments[at])
            if n < self.least:
                yield self.few(("section", section_id), n)
                continue
            pairs = np.arange(edges[at], edges[at + 1])
            yield self._told(found, pairs, score, everywhere, section_id, n)

    def _told(
        self,
        found: WordCounts,
        pairs: Codes,
        score: Reals | None,
        everywhere: Reals,
        section_id: str,
        n: float,
    ) -> Insight:
        rows = ranked(found, pairs, score, everywhere)
        if not rows:
            why = Text(
                f"{count(n)} 条留言中没有哪个词由两人以上使用且比其他内容更常见。",
                f"No word of these {count(n)} comments is shared by two authors and more typical"
                " here than elsewhere.",
            )
            return self.silent(("section", section_id), n, why)
        named = quoted([str(row[0]) for row in rows[:_NAMED]])
        if score is None:
            zh = f"{count(n)} 条留言中最常见的词：{named.zh}（没有其他内容可对比）。"
            en = f"The most used words of {count(n)} comments: {named.en} (nothing to contrast)."
        else:
            zh = f"与其他内容相比，这 {count(n)} 条留言更常谈到：{named.zh}。"
            en = f"More than elsewhere these {count(n)} comments speak of {named.en}."
        series = Series("words", ("word", "score", "raw", "genuine", "elsewhere"), tuple(rows))
        top = rows[0][1]
        value = float(top) if isinstance(top, float) else None
        return self.say(("section", section_id), n, None, value, zh, en, [series])


def ranked(
    found: WordCounts, pairs: Codes, score: Reals | None, everywhere: Reals
) -> list[tuple[Cell, ...]]:
    """The words of a section, the most typical first: `word, score, raw, genuine, elsewhere`."""
    kept = pairs[(found.users[pairs] >= _LEAST_USERS) & (found.genuine[pairs] >= 1)]
    if score is not None:
        kept = kept[score[kept] >= _SIGNAL]
    rank = found.genuine if score is None else score
    # A stop word may be typical ("they" in a quarrel), but tells a creator nothing.
    named = [(int(p), found.words[found.word[p]]) for p in kept]
    ordered = sorted(
        ((p, word) for p, word in named if not is_stopword(word)),
        key=lambda pair: (-round(float(rank[pair[0]]), 6), -found.genuine[pair[0]], pair[1]),
    )
    return [
        (
            word,
            None if score is None else round(float(score[p]), 2),
            int(found.raw[p]),
            round(float(found.genuine[p]), 1),
            round(float(everywhere[found.word[p]] - found.genuine[p]), 1),
        )
        for p, word in ordered[:_SHOWN]
    ]


def contrast(found: WordCounts, everywhere: Reals) -> Reals:
    """The z-score of each pair of section and word against all other sections."""
    total = float(everywhere.sum())
    size = np.bincount(found.section, found.genuine)[found.section]
    here, there = found.genuine, everywhere[found.word] - found.genuine
    prior = PRIOR * np.maximum(everywhere[found.word], 1e-9) / max(total, 1e-9)
    mine = here + prior
    others = np.maximum(there, 0.0) + prior
    rest = np.maximum(size + PRIOR - mine, 1e-9)
    others_rest = np.maximum(total - size + PRIOR - others, 1e-9)
    odds = np.log(mine / rest) - np.log(others / others_rest)
    scores: Reals = odds / np.sqrt(1.0 / mine + 1.0 / others)
    return scores


def count_words(known: Known) -> WordCounts:
    """Counts words over at most 2,000 comments a section and 200,000 in all, by a fixed sample."""
    comments = known.comments
    rows = _sample(known)
    number: dict[str, int] = {}
    flat: list[int] = []
    lengths = np.zeros(len(rows), dtype=np.int64)
    for i, text in enumerate(comments.text[rows]):
        mine = {number.setdefault(word, len(number)) for word in words_of(text)}
        flat.extend(mine)
        lengths[i] = len(mine)
    row = np.repeat(rows, lengths)
    word = np.asarray(flat, dtype=np.int64)
    pair = comments.section[row] * max(len(number), 1) + word
    order = np.argsort(pair, kind="stable")
    cells, raw = np.unique(pair[order], return_counts=True)
    inverse = np.repeat(np.arange(len(cells)), raw)
    sorted_rows = row[order]
    weight: Reals = np.bincount(inverse, comments.weight[sorted_rows], minlength=len(cells)).astype(
        np.float64
    )
    return WordCounts(
        words=list(number),
        section=cells // max(len(number), 1),
        word=cells % max(len(number), 1),
        raw=raw.astype(np.float64),
        genuine=weight,
        users=_users(comments.account[sorted_rows], inverse, len(cells)),
        comments=known.per_section(comments.section[rows]),
    )


def _users(account: Codes, cell: Codes, n: int) -> Reals:
    """Distinct authors by cell; unknown authors count one each."""
    named = account >= 0
    size = int(account.max(initial=0)) + 1
    distinct = np.unique(cell[named] * size + account[named]) // size
    unknown = np.bincount(cell[~named], minlength=n)
    users: Reals = (np.bincount(distinct, minlength=n) + unknown).astype(np.float64)
    return users


def _sample(known: Known) -> Codes:
    """Comments by others with a text; of large sections, those whose text hashes lowest."""
    comments = known.comments
    has_text = np.fromiter((t is not None for t in comments.text), dtype=bool, count=len(comments))
    rows = np.flatnonzero(has_text & comments.received)
    if len(rows) <= _A_SECTION:
        return rows
    key = pd.util.hash_array(comments.text[rows], categorize=False)
    order = np.lexsort((comments.created_ms[rows], key, comments.section[rows]))
    section = comments.section[rows][order]
    place = np.arange(len(order)) - np.searchsorted(section, section)
    chosen, rank = rows[order], key[order]
    kept = place < _A_SECTION
    chosen, rank = chosen[kept], rank[kept]
    if len(chosen) > _IN_ALL:
        # Described sections keep all theirs; the background is thinned.
        own = known.sections.described[comments.section[chosen]]
        spare = np.flatnonzero(~own)
        left = max(_IN_ALL - int(own.sum()), 0)
        lowest = spare[np.argsort(rank[spare], kind="stable")[:left]]
        chosen = chosen[np.r_[np.flatnonzero(own), lowest]]
    return np.sort(chosen)
