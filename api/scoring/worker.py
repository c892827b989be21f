"""The process that scores: warm engine, loaded references, one section after the other.

It runs as `multiprocessing` starts it, knows no database, and ends with the service.
"""

from __future__ import annotations

import atexit
import gc
import re
import traceback
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from zhenzan.api.processes import end_with_parent
from zhenzan.detector.score_section import SectionScore, SectionScorer
from zhenzan.detector.statements import evidence_record, plain
from zhenzan.features.errors import ZhenzanError

__all__ = ["ScoreTask", "prepare", "score"]

_WARM: Final = 2
"""References that a process keeps: one of 7,000 accounts takes some 30 MB, one of 10^6 more."""
_FRAMES: Final = 12
_OURS: Final = re.compile(r"/\S*/zhenzan-[^/\s]+/(given/)?")
"""The folder of a score, which is nobody's business outside."""
_MORE_GARBAGE: Final = 50_000
"""Objects between two looks for garbage: a score makes 10^5 that are gone when it is done."""

_Key: TypeAlias = tuple[str, int, str | None, float | None]

_scorers: OrderedDict[_Key, SectionScorer] = OrderedDict()


@dataclass(frozen=True, slots=True)
class ScoreTask:
    """One section to score.

    Attributes:
        place: The scan directory that learnt the reference.
        payload: As `SectionScorer.score` takes it.
        now_ms: The present, to the score.
        timezone: Of times that name none.
        contexts: Declared benign explanations.
        include: Parts of the answer beside the section's row.
        model: Folder of a bundle or name of a scorer; None means rules.
        base_rate: For a bundle.
        ids: `keep` or `hash`.
        key_file: Key of hashed ids.
    """

    place: str
    payload: Mapping[str, Any]
    now_ms: int
    key_file: str
    timezone: str | None = None
    contexts: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    model: str | None = None
    base_rate: float | None = None
    ids: str | None = None


def prepare() -> None:
    """Loads code, and sees to it that the process ends with the service."""
    from zhenzan.detector import steps

    _ = steps
    end_with_parent()
    atexit.register(_close)
    gc.freeze()
    gc.set_threshold(_MORE_GARBAGE, 20, 20)


def _close() -> None:
    while _scorers:
        _scorers.popitem()[1].close()


def score(task: ScoreTask) -> dict[str, Any]:
    """The answer: the section's row, and what was asked for beside it.

    Where it cannot be scored the answer is `{"failed": {"status", "detail", "trace"}}`: errors
    themselves do not all survive the way between processes, and may hold comment text.
    """
    try:
        return _score(task)
    except ZhenzanError as error:
        inside = error.http_status == 500
        detail = "" if inside else _OURS.sub("", str(error))
        return _failed(error.http_status, detail, error if inside else None)
    except MemoryError:
        return _failed(503, "the section needs more memory than there is; make it a job", None)
    except Exception as error:
        return _failed(500, "", error)


def _failed(status: int, detail: str, error: BaseException | None) -> dict[str, Any]:
    frames = [] if error is None else traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    trace = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames]
    told = [type(error).__name__, *trace] if error is not None else []
    return {"failed": {"status": status, "detail": detail, "trace": told}}


def _score(task: ScoreTask) -> dict[str, Any]:
    scorer = _scorer(task)
    parts = {"evidence", "insights"} & set(task.include)
    found = scorer.score(
        task.payload,
        now_ms=task.now_ms,
        timezone=task.timezone,
        known_contexts=task.contexts,
        include=sorted(parts),
    )
    return _answer(found, task.include)


def _scorer(task: ScoreTask) -> SectionScorer:
    where, written = f"{task.place} {task.ids} {task.key_file}", _written_ns(task.place)
    key = (where, written, task.model, task.base_rate)
    # One whose scan was rewritten may remember an account that was to be forgotten.
    for known in [one for one in _scorers if one[0] == where and one[1] != written]:
        _scorers.pop(known).close()
    if key not in _scorers:
        while len(_scorers) >= _WARM:
            _scorers.popitem(last=False)[1].close()
        _scorers[key] = SectionScorer(
            task.place,
            model=task.model,
            base_rate=task.base_rate,
            ids=task.ids,  # type: ignore[arg-type]
            key_file=Path(task.key_file),
        )
    _scorers.move_to_end(key)
    return _scorers[key]


def _written_ns(place: str) -> int:
    """When the scan was last written: `run.json` is replaced with whatever else is."""
    try:
        return (Path(place) / "run.json").stat().st_mtime_ns
    except OSError:  # whoever reads the scan says why
        return 0


def _answer(found: SectionScore, include: tuple[str, ...]) -> dict[str, Any]:
    tables = ("comments", "accounts", "engagements", "campaigns", "campaign_members")
    told: dict[str, Any] = {
        "section": found.section,
        "reference_digest": found.reference,
        "rejections": plain(found.rejections),
        "notes": plain(found.notes),
    }
    for name in tables:
        if name in include:
            told[name] = found.tables[name].to_pylist()
    if "evidence" in include:
        told["evidence"] = [plain(evidence_record(*one)) for one in found.statements]
    if "insights" in include:
        told["insights"] = plain(found.insights)
    return told
