"""Texts of comments, a video left out at a time: what a linear model and templates tell together.

The label is self-promotion, marked by hand (UCI YouTube Spam Collection); it is not purchase. What
is measured is how far text alone carries from some videos to another one.

Held apart: no text of the judged video, equal in the normal form of family `template`, is learnt
from. Settings are chosen inside the other videos, one of them against the rest, never on the judged
one. Dates and names are not used: dates are missing by class in this collection.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.detector.sources.fields import plain_text
from zhenzan.features.errors import InputError, MissingDependencyError
from zhenzan.features.template.groups import group_forms
from zhenzan.features.template.normal import normal_form
from zhenzan.models.metrics import auc, group_weights, interval

__all__ = ["Setting", "leave_one_video_out", "read_videos", "run_text", "summarize_text"]

Reals = NDArray[np.float64]

# A grid of three by three, each a factor of ten or two around the usual values: strength of the
# linear model, and weight of the figures of shape beside a block of words of norm one.
_STRENGTHS: Final = (1.0, 10.0, 100.0)
_SHAPES: Final = (0.1, 0.2, 0.4)
_LINK: Final = r"https?://|www\.|\.com\b"
_DRAWS: Final = 1000


@dataclass(frozen=True, slots=True)
class Setting:
    """What is left out of the whole, for comparison.

    Attributes:
        shape: Length, links, capitals and the like beside the words.
        templates: Each template weighs as one text when learning, and gets one score when judged.
        near: Near-duplicates of judged texts are not learnt from either, not only equal forms.
    """

    shape: bool = True
    templates: bool = True
    near: bool = False


def read_videos(folder: Path) -> pd.DataFrame:
    """`video`, `shown` (as a page shows it), `form`, `template` and `label` of every comment.

    Raises:
        InputError: There are not two files with the columns CONTENT and CLASS.
    """
    frames = []
    for path in sorted(folder.glob("*.csv")):
        frame = pd.read_csv(path, usecols=["CONTENT", "CLASS"], encoding="utf-8-sig")
        frames.append(frame.assign(video=path.stem))
    if len(frames) < 2:
        raise InputError("two videos or more are needed", path=folder, expected="*.csv")
    whole = pd.concat(frames, ignore_index=True)
    forms = whole["CONTENT"].map(normal_form)
    known = sorted(set(forms))
    place = forms.map({form: i for i, form in enumerate(known)}).to_numpy()
    uses = np.bincount(place, minlength=len(known)).astype(np.int64)
    return pd.DataFrame(
        {
            "video": whole["video"],
            "shown": whole["CONTENT"].map(
                lambda t: plain_text(plain_text(t)).replace("\ufeff", "")
            ),
            "form": forms,
            "template": group_forms(known, uses)[place],
            "label": whole["CLASS"].astype(bool),
        }
    )


def leave_one_video_out(comments: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    """One row a video: its size, texts kept out of learning, settings chosen, AUC with 95 % bounds.

    Args:
        comments: Of `read_videos`.
        setting: What is used.
    """
    rows = []
    for video in sorted(set(comments["video"])):
        judged = comments[comments["video"] == video]
        others = comments[comments["video"] != video]
        strength, weight = _chosen(others, setting)
        known = _apart(others, judged, setting)
        score = _score(_Blocks(known, judged), strength, weight, setting)
        positive = judged["label"].to_numpy()
        draws = _draws(score, positive, judged["template"].to_numpy())
        bounds = interval(draws)
        rows.append(
            {
                "video": video, "n": len(judged), "kept_out": len(others) - len(known),
                "strength": strength, "shape": weight, "auc": auc(score, positive),
                "auc_lo": bounds.low, "auc_hi": bounds.high, "draws": draws,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def summarize_text(found: pd.DataFrame) -> pd.DataFrame:
    """The videos, and `mean` over them with its 95 % bounds, videos drawn apart from each other."""
    bounds = interval(np.mean(np.stack(found["draws"].to_list()), axis=0))
    mean = {
        "video": "mean", "n": int(found["n"].sum()), "auc": float(found["auc"].mean()),
        "auc_lo": bounds.low, "auc_hi": bounds.high,
    }  # fmt: skip
    return pd.concat([found.drop(columns="draws"), pd.DataFrame([mean])], ignore_index=True)


def _shown(text: str) -> str:
    """The file is escaped once more than a page is."""
    return plain_text(plain_text(text)).replace("\ufeff", "")


def run_text(folder: Path) -> pd.DataFrame:
    """A row a setting and video, and `mean` over videos: what the whole reaches, and its parts.

    Args:
        folder: With a file a video; see `read_videos`.
    """
    comments = read_videos(folder)
    settings = {
        "whole": Setting(),
        "near-duplicates apart": Setting(near=True),
        "without templates": Setting(templates=False),
        "words alone": Setting(shape=False, templates=False),
    }
    found = [
        summarize_text(leave_one_video_out(comments, setting)).assign(setting=name)
        for name, setting in settings.items()
    ]
    return pd.concat(found, ignore_index=True)


class _Blocks:
    """Texts as sparse rows: pieces of words, words, and figures of shape, learnt from one side."""

    def __init__(self, known: pd.DataFrame, judged: pd.DataFrame) -> None:
        try:
            from sklearn.feature_extraction.text import (
                TfidfVectorizer,
            )
        except ImportError as error:
            raise MissingDependencyError(
                "texts need scikit-learn: pip install scikit-learn"
            ) from error

        pieces = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2
        )
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        self.known, self.judged = known, judged
        self._learnt = [block.fit_transform(known["shown"]) for block in (pieces, words)]
        self._asked = [block.transform(judged["shown"]) for block in (pieces, words)]
        figures = _shape(known["shown"])
        middle, spread = figures.mean(axis=0), figures.std(axis=0)
        spread[spread == 0] = 1.0
        self._figures = (figures - middle) / spread
        self._asked_figures = (_shape(judged["shown"]) - middle) / spread

    def sides(self, weight: float) -> tuple[Any, Any]:
        """Rows to learn from and rows to judge."""
        from scipy.sparse import csr_matrix, hstack

        if not weight:
            return hstack(self._learnt, "csr"), hstack(self._asked, "csr")
        figures, asked = (
            csr_matrix(self._figures * weight),
            csr_matrix(self._asked_figures * weight),
        )
        return hstack([*self._learnt, figures], "csr"), hstack([*self._asked, asked], "csr")


def _shape(shown: pd.Series) -> Reals:
    """Seven figures of a text that need no words."""
    letters = shown.str.count(r"[^\W\d_]")
    words = shown.str.split()
    columns = [
        np.log1p(shown.str.len()),
        np.log1p(words.map(len)),
        words.map(lambda w: len(set(w)) / max(1, len(w))),
        shown.str.contains(_LINK, regex=True),
        shown.map(lambda t: sum(c.isupper() for c in t)) / np.maximum(1, letters),
        np.log1p(shown.str.count(r"\d")),
        np.log1p(shown.str.count(r"[!?]")),
    ]
    return np.stack([np.asarray(column, np.float64) for column in columns], axis=1)


def _apart(known: pd.DataFrame, judged: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    """What may be learnt from: nothing that is judged, in whichever spelling."""
    key = "template" if setting.near else "form"
    return known[~known[key].isin(set(judged[key]))]


def _score(blocks: _Blocks, strength: float, weight: float, setting: Setting) -> Reals:
    from sklearn.linear_model import LogisticRegression

    learnt, asked = blocks.sides(weight)
    each = None
    if setting.templates:
        sizes = blocks.known.groupby("template")["template"].transform("size")
        share = (1 / sizes).to_numpy(np.float64)
        each = share * (len(share) / share.sum())
    model = LogisticRegression(C=strength, max_iter=5000)
    model.fit(learnt, blocks.known["label"], sample_weight=each)
    score = pd.Series(model.decision_function(asked), blocks.judged.index)
    if setting.templates:
        score = score.groupby(blocks.judged["template"]).transform("mean")
    return score.to_numpy(np.float64)


def _chosen(others: pd.DataFrame, setting: Setting) -> tuple[float, float]:
    """The settings that judge one of the other videos best from the rest, on average."""
    shapes = _SHAPES if setting.shape else (0.0,)
    reached: dict[tuple[float, float], list[float]] = {}
    for video in sorted(set(others["video"])):
        judged, known = others[others["video"] == video], others[others["video"] != video]
        if known.empty:
            return _STRENGTHS[1], shapes[len(shapes) // 2]
        blocks = _Blocks(_apart(known, judged, setting), judged)
        for strength in _STRENGTHS:
            for weight in shapes:
                score = _score(blocks, strength, weight, setting)
                value = auc(score, judged["label"].to_numpy())
                reached.setdefault((strength, weight), []).append(value)
    # The simplest of those that are equal: the grid goes from weak to strong.
    return max(reached, key=lambda pair: round(float(np.mean(reached[pair])), 4))


def _draws(score: Reals, positive: NDArray[np.bool_], group: NDArray[Any]) -> Reals:
    """AUC of the data and of redrawn templates: copies of one text are one witness."""
    codes = np.unique(group, return_inverse=True)[1]
    weights = group_weights(int(codes.max()) + 1, _DRAWS)
    places = np.arange(len(score))
    drawn = (np.repeat(places, row[codes]) for row in weights)
    return np.array([auc(score[rows], positive[rows]) for rows in drawn])
