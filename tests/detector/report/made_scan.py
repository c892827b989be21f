"""A made-up scan directory with consistent rows, for the tests of the report.

Section 0 got two deliveries, 1 a declared giveaway, 2 an unexplained bump, 3 and up live
organically, the last one is too small. Texts and ids can be hostile.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from zhenzan.detector.results import OUTPUTS, Scan, as_table, write_scan
from zhenzan.detector.statements import write_lines
from zhenzan.features.capability import CAPABILITY
from zhenzan.features.family import Evidence, Text
from zhenzan.models.attribution.result import CURVES, STREAMS, WINDOWS

__all__ = ["HOSTILE", "make_scan"]

START_MS = 1_717_200_000_000  # 2024-06-01 00:00 UTC
HOUR_MS = 3_600_000
BIN_MS = HOUR_MS // 2
N_BINS = 200

HOSTILE = (
    "</script><script>window.pwned=1;alert(1)</script>",
    "<img src=x onerror=\"window.pwned=1;document.title='pwned'\">",
    "{{ 7 * 7 }} {% for x in y %}",
    "‮gnirts desrever‬\u200b\u200b\u2066hidden\u2069",
    "Z̸̧̢̛̩̦̜̈́͗̑͌ȃ̶̡̛̝̼̻̩̏͛̈́l̵̢̛̛̠͕͌̓g̷̢̧̛͔̐̍̈́o̴̡̢̳͑̏",
    "javascript:window.pwned=1 @somebody https://example.org/x?q=1 13812345678 me@example.org",
    "\x00\x1b[31mred\x07 😀 👩‍👩‍👧",
    "长" * 3000,
    "'\"><svg/onload=window.pwned=1>&amp;&lt;",
)


def make_scan(
    directory: Path,
    *,
    n_sections: int = 8,
    hostile: bool = False,
    quiet: bool = False,
    timezone: str | None = "Asia/Shanghai",
) -> Scan:
    """Writes the directory; `quiet` leaves all sections organic, `hostile` fills texts and ids."""
    rng = np.random.default_rng(0)
    ids = [_hostile_id(i) if hostile else f"douyin:v{i:04d}" for i in range(n_sections)]
    bands = ["organic"] * n_sections
    if not quiet:
        bands[:3] = ["likely_purchased", "unusual_explained", "unusual"][:n_sections]
    if n_sections > 3:
        bands[-1] = "insufficient_data"
    pieces = [_section(rng, i, ids[i], bands[i], hostile=hostile) for i in range(n_sections)]
    frames = {name: pd.concat([p[name] for p in pieces], ignore_index=True) for name in pieces[0]}
    accounts = _accounts(frames["engagements"])
    members = _members(accounts, ids) if not quiet else accounts.head(0)
    outputs = {
        "sections": frames["sections"],
        "accounts": accounts,
        "comments": frames["comments"],
        "engagements": frames["engagements"],
        "campaigns": _campaigns(members) if not quiet else _empty("campaigns"),
        "campaign_members": members if not quiet else _empty("campaign_members"),
    }
    reference = {
        "curves": as_table(frames["curves"], CURVES),
        "windows": as_table(frames["windows"], WINDOWS),
        "streams": STREAMS.empty_table(),
        "capability": as_table(frames["capability"], CAPABILITY),
        "section_info": pa.Table.from_pandas(frames["info"], preserve_index=False),
        "comment_text": pa.Table.from_pandas(frames["texts"], preserve_index=False),
    }
    write_scan(
        directory,
        outputs={k: as_table(v, OUTPUTS[k]) for k, v in outputs.items()},
        evidence=_evidence(ids[0], accounts, hostile=hostile) if not quiet else [],
        reference=reference,
        run=_run(timezone, frames),
    )
    write_lines(directory / "insights.jsonl", _insights(ids, hostile=hostile))
    return Scan.load(directory)


def _hostile_id(index: int) -> str:
    return f"douyin:{index}{HOSTILE[index % len(HOSTILE)][:60]}"


def _empty(name: str) -> pd.DataFrame:
    return OUTPUTS[name].empty_table().to_pandas()


def _section(
    rng: np.random.Generator, index: int, section_id: str, band: str, *, hostile: bool
) -> dict[str, pd.DataFrame]:
    small = band == "insufficient_data"
    expected = _expected(8 if small else 400)
    observed = rng.poisson(expected).astype(float)
    attributed = np.zeros(N_BINS)
    spans = {"likely_purchased": ((96, 4, 70), (141, 3, 45)), "unusual": ((120, 3, 25),)}
    windows = []
    for at, width, height in spans.get(band, ()):
        add = rng.poisson(height, width).astype(float)
        observed[at : at + width] += add
        attributed[at : at + width] += add * 0.93
        windows.append((at, at + width))
    engagements = _engagements(rng, index, section_id, observed, attributed)
    n, purchased = len(engagements), float(engagements["p_purchased"].sum())
    comments, texts = _comments(rng, index, section_id, band, hostile=hostile)
    start = START_MS + np.arange(N_BINS) * BIN_MS
    stream = {"section_id": section_id, "comment_id": None, "kind": "like"}
    curves = pd.DataFrame(
        {
            **stream,
            "start_ms": start,
            "end_ms": start + BIN_MS,
            "observed": observed.astype(int),
            "expected": expected,
            "expected_lo": np.maximum(0, expected - 1.7 * np.sqrt(expected)),
            "expected_hi": expected + 1.7 * np.sqrt(expected) + 1,
            "attributed": attributed,
        }
    )
    return {
        "sections": _section_row(section_id, band, n, purchased, comments),
        "engagements": engagements,
        "comments": comments,
        "texts": texts,
        "curves": curves.head(0 if small else N_BINS),
        "windows": pd.DataFrame(
            [
                {
                    **stream,
                    "start_ms": int(start[a]),
                    "end_ms": int(start[b]),
                    "observed": int(observed[a:b].sum()),
                    "expected": float(expected[a:b].sum()),
                    "attributed": float(attributed[a:b].sum()),
                    "strength": 31.0 - 9 * k,
                }
                for k, (a, b) in enumerate(windows)
            ],
            columns=WINDOWS.names,
        ),
        "capability": _capability(section_id, n, len(comments), small=small),
        "info": pd.DataFrame(
            [
                {
                    "section_id": section_id,
                    "platform": "douyin",
                    "kind": "video",
                    "creator_id": f"douyin:creator{index}",
                    "title": HOSTILE[index % len(HOSTILE)] if hostile else _TITLES[index % 8],
                    "published_ms": START_MS,
                }
            ]
        ),
    }


_TITLES = (
    "老城区的早餐铺:三代人的豆腐脑", "开业抽奖:评论区送十份礼盒", "周末徒步路线与装备清单",
    "How we tuned a 20-year-old espresso machine", "雨后的西湖,手机直出", "给新手的木工入门",
    "Night train to Lhasa, one window seat", "测试帖",
)  # fmt: skip


def _expected(total: int) -> np.ndarray:
    """Decay since publication under a daily rhythm."""
    hours = np.arange(N_BINS) / 2
    shape = (1 / (1 + hours / 6)) * (1.1 + np.sin((hours - 2) / 24 * 2 * np.pi))
    return total * shape / shape.sum()


def _engagements(
    rng: np.random.Generator,
    index: int,
    section_id: str,
    observed: np.ndarray,
    attributed: np.ndarray,
) -> pd.DataFrame:
    rows = []
    for at, (n, excess) in enumerate(zip(observed, attributed, strict=True)):
        times = np.sort(rng.integers(0, BIN_MS, int(n))) + START_MS + at * BIN_MS
        share = excess / n if n else 0.0
        for k, t in enumerate(times):
            bought = k < round(excess)
            who = (
                f"douyin:ring{rng.integers(120):03d}"
                if bought
                else (f"douyin:user{index}_{at}_{k}")
            )
            rows.append((who, int(t), 0.95 if bought else 0.02 * share))
    n = len(rows)
    return pd.DataFrame(
        {
            "engagement_id": [f"e{index:04d}-{i:05d}" for i in range(n)],
            "section_id": section_id,
            "comment_id": None,
            "account_id": [r[0] for r in rows],
            "kind": "like",
            "ts_lo_ms": [r[1] for r in rows],
            "ts_hi_ms": [r[1] for r in rows],
            "p_purchased": [r[2] for r in rows],
        }
    )


def _comments(
    rng: np.random.Generator, index: int, section_id: str, band: str, *, hostile: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    shared = ["支持!+1", "支持!+1 太棒了", "支持!!+1"] if band == "likely_purchased" else []
    own = ["我爷爷以前也在这条街上卖豆腐脑,味道就是这个味道", "请问店还开着吗?几点开门?",
           "@小王 周末一起去", "Great work, thank you!", "路过"]  # fmt: skip
    texts = [shared[i % 3] for i in range(18)] if shared else []
    texts += list(HOSTILE) * 2 if hostile else own * 4
    if band == "insufficient_data":
        texts = texts[:3]
    n, n_shared = len(texts), 18 if shared else 0
    ids = [f"douyin:c{index}_{i}" for i in range(n)]
    comments = pd.DataFrame(
        {
            "comment_id": ids,
            "section_id": section_id,
            "account_id": [
                (f"{HOSTILE[i % 9][:40]}{i}" if hostile else f"douyin:writer{index}_{i}")
                for i in range(n)
            ],
            "score": [0.8 if i < n_shared else 0.1 for i in range(n)],
            "probability": None,
            "band": ["unusual" if i < n_shared else "organic" for i in range(n)],
            "status": "scored",
            "template_id": ["t0" if i < n_shared else None for i in range(n)],
            "n_likes": rng.integers(0, 50, n),
            "n_likes_purchased": 0.0,
            "n_likes_genuine": 1.0,
            "reasons": [[] for _ in range(n)],
            "reply_priority": [None if i < n_shared else 1.0 / (i + 1) for i in range(n)],
        }
    )
    times = START_MS + np.sort(rng.integers(0, N_BINS * BIN_MS, n))
    info = pd.DataFrame(
        {
            "comment_id": ids,
            "text": texts,
            "created_ms": times,
            "parent_id": pd.Series([None] * n, dtype="object"),
        }
    )
    return comments, info


def _section_row(
    section_id: str, band: str, n: int, purchased: float, comments: pd.DataFrame
) -> pd.DataFrame:
    scored = band != "insufficient_data"
    low, high = max(0.0, purchased * 0.82 - 2), min(float(n), purchased * 1.15 + 3)
    score = {"likely_purchased": 0.97, "unusual": 0.71, "unusual_explained": 0.55}
    return pd.DataFrame(
        [
            {
                "section_id": section_id,
                "score": score.get(band, 0.06 + n / 1e5) if scored else None,
                "probability": None,
                "band": band,
                "coordinated": band == "likely_purchased" if scored else None,
                "automated": False if scored else None,
                "status": "scored" if scored else "insufficient_data",
                "n_engagements": n,
                "n_purchased": purchased,
                "n_purchased_lo": low,
                "n_purchased_hi": high,
                "share_purchased": purchased / n if scored else None,
                "share_purchased_lo": low / n if scored else None,
                "share_purchased_hi": high / n if scored else None,
                "n_comments": len(comments),
                "n_template_comments": int(comments["template_id"].notna().sum()),
                "families_used": ["timing", "coengagement", "template"] if scored else [],
                "families_missing": ["account"],
                "reasons": ["timing.burst@1"] if band == "likely_purchased" else [],
                "contexts": ["giveaway"] if band == "unusual_explained" else [],
                "campaign_ids": ["k0"] if band == "likely_purchased" else [],
            }
        ]
    )


def _capability(section_id: str, n: int, n_comments: int, *, small: bool) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "section_id": section_id,
                "n_likes": n,
                "n_timed": n,
                "n_accounts": n,
                "time_precision_s": 0.0,
                "n_snapshots": 0,
                "n_comments": n_comments,
                "n_texts": n_comments,
                "share_account_age": 0.0,
                "share_region": None,
                "coverage_share": 0.3 if small else None,
                "selection": "top" if small else None,
                "n_sections_in_set": 8,
                "share_name_only": 0.0,
            }
        ]
    )


def _accounts(engagements: pd.DataFrame) -> pd.DataFrame:
    grouped = engagements.groupby("account_id")
    ids = sorted(grouped.groups)
    ring = ["ring" in i for i in ids]
    return pd.DataFrame(
        {
            "account_id": ids,
            "score": [0.9 if r else 0.05 for r in ring],
            "probability": None,
            "band": ["likely_purchased" if r else "organic" for r in ring],
            "coordinated": ring,
            "automated": False,
            "status": "scored",
            "n_engagements": grouped.size().loc[ids].to_numpy(),
            "n_attributed": grouped["p_purchased"].sum().loc[ids].to_numpy(),
            "n_sections": grouped["section_id"].nunique().loc[ids].to_numpy(),
            "audience_coherence": [0.1 if r else None for r in ring],
            "reasons": [[] for _ in ids],
            "campaign_ids": [["k0"] if r else [] for r in ring],
        }
    )


def _members(accounts: pd.DataFrame, ids: list[str]) -> pd.DataFrame:
    ring = accounts[accounts["coordinated"]]
    rows = [
        ("k0", "account", a, float(w))
        for a, w in zip(ring.account_id, ring.n_attributed, strict=True)
    ]
    rows += [("k0", "section", i, 1.0 - k / 10) for k, i in enumerate([ids[0], *ids[2:3]])]
    return pd.DataFrame(rows, columns=OUTPUTS["campaign_members"].names)


def _campaigns(members: pd.DataFrame) -> pd.DataFrame:
    row = {
        "campaign_id": "k0", "kind": "mixed", "n_accounts": len(members) - 2,
        "n_sections": 2, "n_engagements": 400, "first_ms": START_MS + 96 * BIN_MS,
        "last_ms": START_MS + 144 * BIN_MS, "coordination": 0.93, "confidence": 0.97,
        "order_size": 200, "delivery": "flash", "estimated_cost_lo": None,
        "estimated_cost_hi": None, "algorithm": "leiden@1", "evidence_ids": ["ev-k0"],
    }  # fmt: skip
    return pd.DataFrame([row])


def _evidence(
    section_id: str, accounts: pd.DataFrame, *, hostile: bool
) -> list[tuple[str, Evidence]]:
    refs = tuple(accounts.account_id[:3])
    extra = HOSTILE[0] + HOSTILE[1] if hostile else ""
    burst = Evidence(
        reason="timing.burst@1",
        subject=("section", section_id),
        statement=Text(
            zh=f"2024-06-03 08:00–10:00 收到 287 次点赞,自然互动的预期为 9 次。{extra}",
            en=f"Between 08:00 and 10:00 on 2024-06-03 287 likes arrived; 9 were expected. {extra}",
        ),
        refs=refs,
        observed=287.0,
        expected=9.2,
        unit="count",
        start_ms=START_MS + 96 * BIN_MS,
        end_ms=START_MS + 100 * BIN_MS,
        strength=31.0,
        counter_evidence=(
            Text("大号转发或群聊转发", f"a share by a larger account or in a group chat{extra}"),
            Text("抽奖截止", "the deadline of a giveaway"),
        ),
    )
    company = Evidence(
        reason="coengagement.partners@1",
        subject=("section", section_id),
        statement=Text(
            zh=f"账号 {refs[0]} 等 46 个账号在 9 篇内容上于 10 分钟内共同出现。",
            en=f"The account {refs[0]} and 45 others met within 10 minutes on 9 sections.",
        ),
        refs=refs,
        observed=46.0,
        expected=2.1,
        unit="count",
        start_ms=None,
        end_ms=None,
        strength=1.4,
    )
    group = Evidence(
        reason="campaign.group@1",
        subject=("campaign", "k0"),
        statement=Text(
            zh="120 个账号在 2 篇内容上共同出现 400 次,偶然情形下预期 3 次。",
            en="120 accounts met 400 times on 2 sections; 3 times were expected by chance.",
        ),
        refs=(),
        observed=400.0,
        expected=3.0,
        unit="count",
        start_ms=None,
        end_ms=None,
        strength=12.0,
        counter_evidence=(Text("粉丝应援活动", "a fan event"),),
    )
    return [("ev-a1b2c3", burst), ("ev-d4e5f6", company), ("ev-k0", group)]


def _run(timezone: str | None, frames: dict[str, pd.DataFrame]) -> dict[str, object]:
    return {
        "schema": 1,
        "versions": {"zhenzan": "0.1.0"},
        "engine": "duckdb",
        "config": {"timezone": timezone},
        "config_digest": "0f" * 32,
        "model": {"id": "rules@1"},
        "inputs": [
            {
                "path": "/home/someone/likes.csv",
                "source": "canonical",
                "rows_read": 2412,
                "rows_rejected": 3,
            }
        ],
        "rejections": [
            {"table": "engagement", "reason": "time in the future", "count": 3, "examples": []}
        ],
        "families": {
            "used": [
                {"name": "timing", "version": 1},
                {"name": "coengagement", "version": 1},
                {"name": "template", "version": 1},
            ],
            "skipped": {"account": {"zh": "没有账号资料", "en": "no account profiles"}},
        },
        "counts": {"accounts": frames["engagements"].account_id.nunique(), "campaigns": 1},
    }


def _insights(ids: list[str], *, hostile: bool) -> list[dict[str, object]]:
    """Of each section what could be told and what not, and all sections of one creator."""
    extra = HOSTILE[0] + HOSTILE[3] if hostile else ""
    week = [
        [d, h, 1 + (d * h) % 9, 1 + (d * h) % 9 - (h == 3)] for d in range(7) for h in range(24)
    ]
    words = [[f"早餐{extra}", 3.4, 9, 9.0, 2.0], ["豆腐脑", 2.1, 6, 3.0, 1.0]]
    steps = [[START_MS + k * HOUR_MS, 10 * k, None if k > 4 else 10 * k + 9] for k in range(6)]
    groups = [["question", f"提问{extra}", f"asks{extra}", 6, 0.02, 0.031, 0.012]]
    lines: list[dict[str, object]] = []

    def add(
        subject: tuple[str, str], name: str, unit: str, value: float | None, *series: object
    ) -> None:
        given = value is not None
        said = {"zh": f"依据 312 次：{name}{extra}", "en": f"From 312: {name}{extra}"}
        lines.append(
            {
                "insight": f"{name}@1", "subject": {"kind": subject[0], "id": subject[1]},
                "status": "given" if given else "abstained",
                "title": {"zh": f"标题 {name}", "en": f"Title {name}"},
                "needs": {"zh": "次数", "en": "acts"}, "n": 312 if given else 3, "least": 20,
                "unit": unit, "raw": value, "genuine": None if value is None else value / 2,
                "sentence": said if given else None, "abstained": None if given else said,
                "series": list(series),
            }
        )  # fmt: skip

    def series(name: str, columns: str, rows: list[list[object]]) -> dict[str, object]:
        return {"name": name, "columns": columns.split(), "rows": rows}

    hint = ["reply_first@1", 312, f"先回答提问{extra}", f"Answer first{extra}"]
    for section_id in ids:
        mine = ("section", section_id)
        add(mine, "advice", "count", 1.0, series("hints", "source n zh en", [hint]))
        add(mine, "active_hours", "share", 0.31, series("week", "weekday hour raw genuine", week))
        add(
            mine,
            "keywords",
            "score",
            3.4,
            series("words", "word score raw genuine elsewhere", words),
        )
        add(mine, "like_growth", "seconds", 7200.0, series("steps", "observed_ms low high", steps))
        add(mine, "audience_level", "share", None)
    own = ("creator", f"douyin:creator{extra}")
    history = [[i, START_MS, 0.02, 0.01] for i in ids]
    add(
        own,
        "comment_rate",
        "rate",
        0.02,
        series("sections", "section_id published_ms raw genuine", history),
    )
    add(
        own,
        "hooks",
        "rate",
        0.02,
        series("groups", "group zh en sections raw genuine others", groups),
    )
    return lines
