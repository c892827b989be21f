"""Comments by rules: purchased likes on them, purchased texts, and which ones deserve an answer."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.models.attribution.result import Attribution
from zhenzan.models.scorers import bands
from zhenzan.models.scorers.bands import Thresholds
from zhenzan.models.scorers.base import COMMENT_FACTS
from zhenzan.models.scorers.frames import (
    code_lists,
    column,
    flags,
    sums_by,
    surprising_texts,
    to_frame,
)

__all__ = ["asks", "reply_priority", "score_comments"]

Array: TypeAlias = np.ndarray[Any, Any]

# Points at which a comment's score is one half: the event's amount (2 points) and one line that
# just speaks (log2(1 + 10 bits) = 3.5), rounded down.
_MIDDLE: Final = 5.0
# A text that may be a quotation adds half of what it would where several phrases are repeated.
_QUOTED: Final = 0.5
# Words that ask, and marks that end a question; a hint for an order of work, not a measurement.
_QUESTION: Final = (
    r"[?？]|吗|呢$|怎么|怎样|如何|为什么|为啥|什么|哪[里儿个款]|多少|几[点时号]|请问|求[教问]"
    r"|\b(?:how|why|what|where|when|which|who|can you|could you|does|is there)\b"
)
# Shares of the order of work, ours: a question first, then reach, then that nobody has answered.
_ASKS, _REACH, _OPEN = 0.5, 0.3, 0.2


def score_comments(
    attribution: Attribution,
    templates: pd.DataFrame | None,
    facts: pd.DataFrame | None,
    accounts: pd.DataFrame,
    t: Thresholds,
    repeating: pd.Series[float] | None = None,
) -> pd.DataFrame:
    """Scores every comment; the columns of `comments.parquet`.

    Abstains below 20 likes where no text could be looked at either (that of a section with less
    than 15 texts is not). A comment that was likely delivered itself, as an act of its author, is
    unusual and no more: fans write alike, together. So is one of whose likes only readings of a
    counter are known: a poll has no witnesses.

    Args:
        attribution: Posteriors; likes of a comment carry its id. Acts of other kinds on it
            (dislikes, shares) are none of its likes.
        templates: `comment_id, template_id, template_size, surprise`.
        facts: Canonical comments; without them only comments with likes or texts appear.
        accounts: The scored accounts: an author's band corroborates a template.
        t: Cut points.
        repeating: By section whose texts speak, how much each weighs; None where every surprising
            text speaks. Elsewhere a phrase may be a quotation, and raises the score of a comment,
            not its band.
    """
    frame = _joined(attribution, templates, facts, t.template_bits)
    n = len(frame)
    likes, bought = column(frame, "likes"), column(frame, "p")
    counted, by_count = column(frame, "counted"), column(frame, "counted_p")
    need = bands.required_count(np.fmax(likes, counted), t.comment_count, t.comment_share)
    surprise = column(frame, "surprise")
    text_known = ~np.isnan(surprise)
    enough = likes >= t.min_likes
    polled = counted >= t.min_likes
    judged = enough | text_known | polled
    timed = enough & flags(frame, "significant", n) & (bought >= need)
    company = enough & (column(frame, "company_bits") >= t.line_bits) & (bought >= need)
    counter = polled & (by_count >= t.counter_count)
    surprising = flags(frame, "in_surprising", n)
    text = surprising.copy()
    weight = np.ones(n)
    if repeating is not None:
        weight = column(frame.assign(of=frame["section_id"].map(repeating)), "of")
        text &= ~np.isnan(weight)
        weight = np.where(np.isnan(weight), _QUOTED, weight)
    suspect = set(accounts.loc[accounts["band"] == bands.LIKELY, "account_id"])
    author = frame["account_id"].isin(suspect).to_numpy()
    acted = column(frame, "p_act") >= t.account_unusual
    judged |= acted
    families = timed.astype(int) + company.astype(int)
    odd = timed | company | text | acted | counter
    band = np.select(
        [~judged, (families >= 2) | (text & (author | timed | company)), odd],
        [bands.INSUFFICIENT, bands.LIKELY, bands.UNUSUAL],
        bands.ORGANIC,
    ).astype(object)
    texts = np.where(
        surprising, np.log2(1.0 + np.maximum(np.nan_to_num(surprise, nan=0.0), 0.0)), 0.0
    )
    # A counter that just speaks adds what a text that just speaks does.
    seen = np.where(polled, by_count / t.counter_count, 0.0)
    counters = np.log2(1.0 + t.template_bits * seen)
    points = np.log2(1.0 + bought / need) + weight * texts + counters
    score = bands.squash(2.0 * points, _MIDDLE)
    marks = {
        "timing.excess@1": timed,
        "coengagement.company@1": company,
        "timing.counter@1": counter,
        "template.surprise@1": text,
        "account.author@1": text & author,
        "attribution.comment@1": acted,
        "capability.too_little@1": ~judged,
    }
    out = pd.DataFrame(
        {
            "comment_id": frame.index.to_numpy(dtype=object),
            "section_id": frame["section_id"].to_numpy(dtype=object),
            "account_id": frame["account_id"].to_numpy(dtype=object),
            "score": np.where(judged, score, np.nan),
            "probability": np.full(n, np.nan),
            "band": band,
            "status": np.where(judged, "scored", "insufficient_data").astype(object),
            "template_id": frame["template_id"].to_numpy(dtype=object),
            **_like_columns(frame),
            "reasons": code_lists(n, marks),
        }
    )
    out["reply_priority"] = reply_priority(frame, out)
    return out


def _like_columns(frame: pd.DataFrame) -> dict[str, Any]:
    """Likes of each comment, and how many may be purchased; NULL where the data does not tell.

    Likes by account, else the last reading of the counter, else what it gained between readings.
    A list of likes that names other comments of the section says that this one has none.
    """
    acts, counted = column(frame, "likes"), column(frame, "counted")
    section = frame["section_id"]
    listed = section.isin(set(section[acts > 0].dropna())).to_numpy()
    shown = column(frame, "n_likes_shown")
    shown = np.where(np.isnan(shown), counted, shown)
    likes = np.where((acts > 0) | (listed & np.isnan(shown)), acts, shown)
    bought = np.where((acts > 0) | listed, column(frame, "p"), column(frame, "counted_p"))
    bought = np.minimum(bought, likes)  # NaN where either is unknown
    return {
        "n_likes": pd.Series(np.round(likes)).astype("Int64").array,
        "n_likes_purchased": bought,
        "n_likes_genuine": likes - bought,
    }


def reply_priority(facts: pd.DataFrame, scored: pd.DataFrame) -> Array:
    """In [0, 1], an order of work for a creator; NaN where the text is unknown.

    Questions first, then reach by genuine likes within the section, then unanswered ones; a
    comment above `organic`, by the creator, or answered by the creator needs no answer: 0.
    """
    n = len(facts)
    likes = scored["n_likes"].to_numpy(dtype=np.float64, na_value=np.nan)
    genuine = scored["n_likes_genuine"].to_numpy(dtype=np.float64)
    known = np.where(np.isnan(genuine), likes, genuine)
    reach = np.log1p(np.nan_to_num(known, nan=0.0))
    top = pd.Series(reach).groupby(scored["section_id"].to_numpy(), dropna=False).transform("max")
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(top > 0, reach / top.to_numpy(dtype=np.float64), 0.0)
    unanswered = np.nan_to_num(column(facts, "reply_count"), nan=0.0) == 0
    unanswered &= ~_parents(facts, np.ones(n, dtype=bool))
    value = _ASKS * asks(facts["text"]) + _REACH * relative + _OPEN * unanswered
    own = flags(facts, "by_creator", n)
    done = own | flags(facts, "replied_by_creator", n) | _parents(facts, own)
    odd = scored["band"].isin([bands.LIKELY, bands.UNUSUAL, bands.UNUSUAL_EXPLAINED]).to_numpy()
    value = np.where(done | odd, 0.0, value)
    return np.where(facts["text"].notna().to_numpy(), value, np.nan)


def _parents(facts: pd.DataFrame, replies: Array) -> Array:
    """Whether each comment, by its id in the index, is the parent of one of the marked ones."""
    if "parent_id" not in facts:
        return np.zeros(len(facts), dtype=bool)
    found: Array = facts.index.isin(facts["parent_id"][replies].dropna())
    return found


def asks(texts: pd.Series) -> Array:
    """Whether each text asks something, by its words and marks; missing texts do not."""
    known = texts.where(texts.notna(), "").astype(str)
    return known.str.contains(_QUESTION, case=False, regex=True).to_numpy(dtype=bool)


def _joined(
    attribution: Attribution,
    templates: pd.DataFrame | None,
    facts: pd.DataFrame | None,
    least_bits: float,
) -> pd.DataFrame:
    """One row a comment in id order: what is known, its likes, its template."""
    acts = attribution.engagements
    acts = acts.filter(pc.is_valid(acts["comment_id"]))
    liked = to_frame(acts.select(["comment_id", "section_id"])).drop_duplicates("comment_id")
    base = pd.DataFrame(columns=list(COMMENT_FACTS), dtype=object) if facts is None else facts
    base = base.drop_duplicates("comment_id").set_index("comment_id")
    base = base.reindex(columns=[c for c in COMMENT_FACTS if c != "comment_id"])
    frame = base.join(liked.set_index("comment_id")["section_id"].rename("liked_in"), how="outer")
    frame["section_id"] = frame["section_id"].where(
        frame["section_id"].notna(), frame.pop("liked_in")
    )
    if templates is not None:
        texts = templates.assign(in_surprising=surprising_texts(templates, least_bits))
        wanted = ["template_id", "surprise", "in_surprising"]
        frame = frame.join(texts.set_index("comment_id")[wanted], how="outer")
    else:
        frame["template_id"], frame["surprise"] = None, np.nan
    frame = frame.sort_index()
    written = to_frame(attribution.comments.select(["comment_id", "p_purchased"]))
    own = written.set_index("comment_id")["p_purchased"].rename("p_act")
    frame = frame.join(own[~own.index.duplicated()])
    likes = acts.filter(pc.equal(acts["kind"], "like"))
    frame = frame.join(_likes(likes, frame.index)).join(_streams(attribution.streams, frame.index))
    return frame.join(_counters(attribution))


def _counters(attribution: Attribution) -> pd.DataFrame:
    """By comment, what its polled like counter gained, and how much of it may be purchased."""
    streams = to_frame(attribution.streams)
    own = streams[streams["comment_id"].notna() & streams["kind"].eq("like")]
    acts = attribution.engagements
    likes = acts.filter(pc.and_(pc.is_valid(acts["comment_id"]), pc.equal(acts["kind"], "like")))
    own = own[~own["comment_id"].isin(likes["comment_id"].unique().to_pylist())].set_index(
        "comment_id"
    )
    own = own[~own.index.duplicated()]
    return own[["n_engagements", "n_purchased"]].set_axis(["counted", "counted_p"], axis=1)


def _likes(acts: pa.Table, comments: pd.Index) -> pd.DataFrame:
    """By comment, its likes (`acts` are of no other kind) and how many may be purchased."""
    p = pc.fill_null(acts["p_purchased"], 0.0)
    company = pc.fill_null(acts["company"], 0.0)
    values = pa.table(
        {
            "comment_id": acts["comment_id"],
            "likes": pa.array(np.ones(acts.num_rows)),
            "p": p,
            "company_bits": pc.divide(pc.multiply(p, company), float(np.log(2.0))),
        }
    )
    return sums_by(comments, ["likes", "p", "company_bits"], values)


def _streams(streams: pa.Table, comments: pd.Index) -> pd.DataFrame:
    """Whether the likes of the comment are a significant stream."""
    on_comment = pc.is_valid(streams["comment_id"])
    own = streams.filter(pc.and_(on_comment, pc.equal(streams["kind"], "like")))
    values = pa.table(
        {
            "comment_id": own["comment_id"],
            "significant": pc.fill_null(own["significant"], False).cast(pa.float64()),
        }
    )
    return sums_by(comments, ["significant"], values).clip(upper=1.0)
