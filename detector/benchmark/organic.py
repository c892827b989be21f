"""False positives on real organic data: whole scans at default settings, and what they flag.

The data is what people share of real comment sections and of stars; nobody says that anything there
was bought, so what reaches a band counts against us (some paid accounts are surely inside). Each
share comes with its exact upper bound (Clopper & Pearson 1934) and with how many abstained.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
from scipy.stats import beta
from zhenzan.detector.options import ScanOptions
from zhenzan.detector.progress import Progress, Silent
from zhenzan.detector.scan import prefix
from zhenzan.features.engine.registry import EngineOptions
from zhenzan.features.errors import UsageError

__all__ = ["ORGANIC_SETS", "OrganicResult", "clopper_pearson", "run_organic", "write_organic"]

# Real data ends before it: 2100-01-01.
_NOW_MS: Final = 4_102_444_800_000
_LEAST: Final = 30
"""Comments (for stars, stars) from which a section counts, as the project's bar says."""
_ABOVE: Final = ("unusual", "likely_purchased")

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class OrganicResult:
    """Two tables.

    Attributes:
        summary: A row a data set, and one over all: sections with enough data, how many abstained,
            how many are in the top band and in `unusual` or above, each share with the ends of its
            95 % interval.
        flagged: A row a section in `unusual` or above: what spoke.
    """

    summary: pd.DataFrame
    flagged: pd.DataFrame


def clopper_pearson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Exact two-sided interval of a share of which `k` of `n` were seen; (0, 1) without any."""
    if n == 0:
        return 0.0, 1.0
    tail = (1.0 - level) / 2.0
    low = 0.0 if k == 0 else float(beta.ppf(tail, k, n - k + 1))
    high = 1.0 if k == n else float(beta.ppf(1.0 - tail, k + 1, n - k))
    return low, high


def _comments(
    section: pd.Series, account: pd.Series | None, when: pd.Series, text: pd.Series, zone: str
) -> pd.DataFrame:
    """Canonical comments; those whose time cannot be read are left out."""
    at = pd.to_datetime(when, errors="coerce").dt.tz_localize(
        zone, ambiguous="NaT", nonexistent="NaT"
    )
    known = at.notna()
    frame = pd.DataFrame({"section_id": section, "account_id": account, "text": text})[known]
    frame["created_ms"] = _milliseconds(at[known])
    frame = frame.reset_index(drop=True)
    frame["text"] = frame["text"].where(frame["text"].fillna("") != "", None)
    return frame.assign(comment_id=[f"c{i:07d}" for i in range(len(frame))])


def _milliseconds(at: pd.Series) -> pd.Series:
    """Since 1970 UTC, of times with a zone."""
    told: pd.Series = at.dt.tz_convert("UTC").astype("datetime64[ms, UTC]").astype("int64")
    return told


def _weibo(data: Path) -> Frames:
    """Reposts and comments under 848 posts."""
    rows = pd.read_parquet(data / "weibo_sections" / "reposts.parquet")
    told = _comments(rows["post"], rows["uid"], rows["date"], rows["text"], "Asia/Shanghai")
    return {"comment": told}


def _vk(data: Path) -> Frames:
    """Comments under pages of media; posts are not told, so a page's day stands for a section."""
    rows = pd.read_parquet(data / "vk" / "comments.parquet")
    section = rows["page"] + " " + pd.to_datetime(rows["datetime"]).dt.strftime("%Y%m%d")
    about = pd.DataFrame({"section_id": section, "creator_id": rows["page"]})
    told = _comments(
        section, rows["user_id_hashed"], rows["datetime"], rows["text"], "Europe/Moscow"
    )
    return {"comment": told, "section": about.drop_duplicates("section_id")}


def _bilibili(data: Path) -> Frames:
    """Comments of one video, by nobody known, with a like count each."""
    (path,) = sorted((data / "bilibili").glob("*.json"))
    rows = pd.DataFrame(json.loads(path.read_text("utf-8")))
    video = pd.Series("video", index=rows.index)
    return {"comment": _comments(video, None, rows["date"], rows["text"], "Asia/Shanghai")}


def _stars(data: Path) -> Frames:
    """All stars of 64 repositories that were posted to a news site, bursts included."""
    rows = pd.read_parquet(data / "stars" / "stars.parquet")
    rows = rows[rows["origin"] == "organic"].reset_index(drop=True)
    acts = pd.DataFrame(
        {
            "kind": "star",
            "section_id": rows["repo"],
            "account_id": rows["actor"],
            "ts_ms": _milliseconds(rows["starred_at"]),
        }
    )
    about = pd.DataFrame({"section_id": rows["repo"], "creator_id": rows["owner"]})
    about = about.drop_duplicates("section_id").assign(kind="repository")
    return {"engagement": acts, "section": about}


ORGANIC_SETS: Final[Mapping[str, Callable[[Path], Frames]]] = MappingProxyType(
    {"weibo_sections": _weibo, "vk": _vk, "bilibili": _bilibili, "stars": _stars}
)
"""Folder of the real data to what makes canonical tables of it."""


def run_organic(
    data: Path, *, options: EngineOptions | None = None, progress: Progress | None = None
) -> OrganicResult:
    """Scans every set that is in the folder, at default settings.

    Raises:
        UsageError: None of them is there.
    """
    here = [name for name in ORGANIC_SETS if (data / name).is_dir()]
    if not here:
        raise UsageError(f"{data} has none of {', '.join(ORGANIC_SETS)}")
    report = progress or Silent()
    sections = []
    for number, name in enumerate(here, 1):
        report.begin(name, number, len(here))
        sections.append(_scanned(ORGANIC_SETS[name](data), options).assign(dataset=name))
        report.end(0.0)
    every = pd.concat(sections, ignore_index=True)
    rows = [_summary(name, every[every["dataset"] == name]) for name in here]
    flagged = every[every["band"].isin(_ABOVE)]
    columns = ["dataset", "section_id", "band", "score", "n", "n_purchased", "n_template_comments",
               "reasons"]  # fmt: skip
    shown = flagged.sort_values(["dataset", "score"], ascending=[True, False])[columns]
    return OrganicResult(
        pd.DataFrame([*rows, _summary("all", every)]), shown.reset_index(drop=True)
    )


def write_organic(frames: Frames, folder: Path) -> Path:
    """Writes canonical files for a scan."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def _scanned(frames: Frames, engine: EngineOptions | None) -> pd.DataFrame:
    """The sections of one set with 30 comments (or stars) and more, as a scan judges them."""
    o = engine or EngineOptions()
    options = ScanOptions(
        now_ms=_NOW_MS, ids="keep", memory=o.memory, spill_dir=o.spill_dir, threads=o.threads
    )
    with TemporaryDirectory(prefix="zhenzan-") as folder:
        path = write_organic(frames, Path(folder) / "in")
        with prefix([path], options, Silent(), last="scores") as work:
            found = work.frame("scored_sections")
    found["n"] = found[["n_comments", "n_engagements"]].max(axis=1)
    return found[found["n"] >= _LEAST]


def _summary(name: str, rows: pd.DataFrame) -> dict[str, Any]:
    judged = rows[rows["status"] == "scored"]
    told: dict[str, Any] = {
        "dataset": name,
        "sections": len(rows),
        "abstained": len(rows) - len(judged),
        "abstention_rate": (len(rows) - len(judged)) / len(rows) if len(rows) else float("nan"),
    }
    for label, bands in (("top", _ABOVE[1:]), ("unusual_or_above", _ABOVE)):
        k = int(judged["band"].isin(bands).sum())
        told |= dict(_share(label, k, len(judged)))
    return told


def _share(label: str, k: int, n: int) -> Iterator[tuple[str, Any]]:
    low, high = clopper_pearson(k, n)
    yield label, k
    yield f"{label}_share", k / n if n else float("nan")
    yield f"{label}_lo", low
    yield f"{label}_hi", high
