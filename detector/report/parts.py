"""The full description of a section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from zhenzan.detector.insights.reply_first import SHOWN
from zhenzan.detector.report.checks import incomplete, section_checks
from zhenzan.detector.report.curves import section_curves, section_windows
from zhenzan.detector.report.explained import build_explained
from zhenzan.detector.report.insights import build_insights, by_subject
from zhenzan.detector.report.material import (
    Material,
    by_section,
    integer,
    listed,
    read_acts,
    records,
    text,
)
from zhenzan.detector.report.records import CommentRow, Row, SectionPart, Template
from zhenzan.detector.report.wording import finite
from zhenzan.models.scorers.bands import Thresholds

__all__ = ["MAX_COMMENTS", "build_parts"]

# 50 sections with these many of each stay below the page's bound (docs/report.md).
MAX_COMMENTS: Final = 25
MAX_STATEMENTS: Final = 8
MAX_TEMPLATES: Final = 5
_EXAMPLES: Final = 3
_STROKES: Final = 400  # of a template's timeline


@dataclass(frozen=True, slots=True)
class _Frames:
    """The rows of each section that is described."""

    curves: dict[str, pd.DataFrame]
    windows: dict[str, pd.DataFrame]
    acts: dict[str, pd.DataFrame]
    comments: dict[str, pd.DataFrame]
    capability: dict[str, dict[str, Any]]
    contexts: dict[str, pd.DataFrame]
    shared: dict[str, int]  # accounts of the whole scan by template
    insights: dict[str, list[Mapping[str, Any]]]


def build_parts(
    rows: list[Row], sections: pd.DataFrame, groups: dict[str, str], made: Material
) -> tuple[SectionPart, ...]:
    """Describes sections, in the order given.

    Args:
        rows: Their rows of the list.
        sections: Their rows of `sections.parquet`, in the same order.
        groups: Campaign id to the anchor of its description.
        made: What is at hand.
    """
    ids = [str(i) for i in sections["section_id"]]
    frames = _frames(ids, made)
    told = records(sections)
    return tuple(
        _part(rank, row, record, frames, groups, made)
        for rank, (row, record) in enumerate(zip(rows, told, strict=True), start=1)
    )


def _frames(ids: list[str], made: Material) -> _Frames:
    scan = made.scan
    windows = by_section(scan.reference("windows"), ids)
    comments = scan.comments
    if not (comments["n_likes"] > 0).any():  # none recorded, which is not the same as none given
        comments = comments.assign(n_likes=None, n_likes_purchased=None)
    info = scan.reference("comment_text")
    chosen = comments[comments["section_id"].isin(ids)]
    if not info.empty:
        chosen = chosen.merge(info, on="comment_id", how="left")
    else:
        chosen = chosen.assign(text=None, created_ms=None, parent_id=None)
    capability = scan.reference("capability")
    known = by_section(capability, ids)
    return _Frames(
        curves=by_section(scan.reference("curves"), ids),
        windows=windows,
        acts=by_section(read_acts(scan, sections=sorted(windows)), ids) if windows else {},
        comments=by_section(chosen, ids),
        capability={key: records(found.head(1))[0] for key, found in known.items()},
        contexts=by_section(scan.reference("contexts"), ids),
        shared=_authors(comments),
        insights=by_subject(scan.insights),
    )


def _authors(comments: pd.DataFrame) -> dict[str, int]:
    """How many accounts wrote each pattern; unknown authors count as one each."""
    alike = comments.dropna(subset=["template_id"])
    return {
        str(key): int(authors.nunique() + authors.isna().sum())
        for key, authors in alike.groupby("template_id", sort=False)["account_id"]
    }


def _part(
    rank: int,
    row: Row,
    record: dict[str, Any],
    frames: _Frames,
    groups: dict[str, str],
    made: Material,
) -> SectionPart:
    section_id = str(record["section_id"])
    capability = frames.capability.get(section_id, {})
    used = listed(record["families_used"])
    curves, more_curves = section_curves(frames.curves.get(section_id), made)
    windows, more_windows = section_windows(
        frames.windows.get(section_id), frames.acts.get(section_id), curves, made
    )
    statements = made.statements("section", section_id)
    comments = frames.comments.get(section_id)
    templates, more_templates = _templates(comments, frames.shared, made)
    return SectionPart(
        rank=rank,
        row=row,
        probability=finite(record["probability"]),
        coordinated=_flag(record["coordinated"]),
        automated=_flag(record["automated"]),
        contexts=tuple(
            made.texts.optional(f"context.{c}", made.redactor.sentence(c))
            for c in listed(record["contexts"])
        ),
        explained=build_explained(frames.contexts.get(section_id), made),
        families=tuple(made.texts.optional(f"family.{f}", f) for f in used),
        incomplete=incomplete(capability),
        checks=section_checks(
            capability,
            set(used),
            made.texts,
            made.wording,
            0 if comments is None else int(comments["created_ms"].notna().sum()),
        ),
        curves=curves,
        more_curves=more_curves,
        windows=windows,
        more_windows=more_windows,
        statements=statements[:MAX_STATEMENTS],
        more_statements=max(0, len(statements) - MAX_STATEMENTS),
        templates=templates,
        more_templates=more_templates,
        texts_checked="template" in used,
        comments=_comments(comments, frames.shared, made),
        n_comments=0 if comments is None else len(comments),
        replies=_replies(comments, frames.shared, made),
        groups=tuple((groups[c], c) for c in listed(record["campaign_ids"]) if c in groups),
        insights=build_insights(frames.insights.get(section_id, []), made),
    )


def _templates(
    comments: pd.DataFrame | None, shared: dict[str, int], made: Material
) -> tuple[tuple[Template, ...], int]:
    """The largest patterns, and how many are left out."""
    if comments is None:
        return (), 0
    found = []
    for template_id, rows in comments.groupby("template_id", sort=False):
        if len(rows) < 2:
            continue
        texts = rows["text"].dropna().value_counts()
        counted = [(-int(n), str(words)) for words, n in texts.items()]
        common = [words for _, words in sorted(counted)[:_EXAMPLES]]
        n_shared = shared.get(str(template_id), 0)
        times = sorted(int(t) for t in rows["created_ms"].dropna())
        stride = -(-len(times) // _STROKES) or 1
        found.append(
            Template(
                n_comments=len(rows),
                n_accounts=int(rows["account_id"].nunique()) or None,
                examples=tuple(made.redactor.text(t, shared_by=n_shared) for t in common),
                times=tuple(times[::stride]),
                uncounted=_much(len(rows), len(comments)) and not _surprising(rows["reasons"]),
            )
        )
    found.sort(key=lambda t: (-t.n_comments, t.examples, t.times))
    return tuple(found[:MAX_TEMPLATES]), max(0, len(found) - MAX_TEMPLATES)


def _much(n: int, of: int) -> bool:
    """As many alike as would make the texts speak, had they surprised."""
    least = Thresholds()
    return n >= max(least.template_count, least.template_share * of)


def _surprising(reasons: pd.Series) -> bool:
    return any(code.startswith("template.surprise@") for row in reasons for code in listed(row))


def _comments(
    comments: pd.DataFrame | None, shared: dict[str, int], made: Material
) -> tuple[CommentRow, ...]:
    if comments is None:
        return ()
    ranked = comments.sort_values(
        ["score", "n_likes", "created_ms", "text", "comment_id"],
        ascending=[False, False, True, True, True],
        na_position="last",
    )
    rows = records(ranked.head(MAX_COMMENTS))
    return tuple(_comment(row, shared, made) for row in rows)


def _replies(
    comments: pd.DataFrame | None, shared: dict[str, int], made: Material
) -> tuple[CommentRow, ...]:
    """Comments that the creator had best answer first; none where nothing ranked them."""
    if comments is None:
        return ()
    ranked = comments[comments["reply_priority"].astype("float64") > 0].sort_values(
        ["reply_priority", "n_likes", "created_ms", "comment_id"],
        ascending=[False, False, True, True],
        na_position="last",
    )
    rows = records(ranked.head(SHOWN))
    return tuple(_comment(row, shared, made) for row in rows)


def _comment(row: dict[str, Any], shared: dict[str, int], made: Material) -> CommentRow:
    template = text(row["template_id"])
    return CommentRow(
        name=made.redactor.comment(str(row["comment_id"])),
        author=made.redactor.account(text(row["account_id"])),
        text=made.redactor.text(text(row["text"]), shared_by=shared.get(template or "", 0)),
        created_ms=integer(row["created_ms"]),
        likes=integer(row["n_likes"]),
        unexplained=finite(row["n_likes_purchased"]),
        band=str(row["band"]),
        in_template=template is not None,
    )


def _flag(value: Any) -> bool | None:
    return None if value is None or pd.isna(value) else bool(value)
