"""Made-up attributions for tests: engagements with a posterior, and sums that agree with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from zhenzan.models.attribution import result
from zhenzan.models.attribution.result import Attribution

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_760_000_000_000

SECTION_DEFAULTS: dict[str, Any] = {
    "p_value": 0.5,
    "significant": False,
    "excess_bits": -1.0,
    "company_bits": -1.0,
    "propensity_bits": -1.0,
    "audience_coherence": np.nan,
}
ACT_DEFAULTS: dict[str, Any] = {
    "comment_id": None,
    "kind": "like",
    "p_purchased": 0.0,
    "excess": 0.0,
    "propensity": 0.0,
    "company": np.nan,
}


def acts(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Engagement rows from dicts with section_id, account_id, ts_ms and what differs."""
    frame = pd.DataFrame([{**ACT_DEFAULTS, **row} for row in rows])
    if "ts_ms" in frame:
        frame["ts_lo_ms"] = frame["ts_hi_ms"] = frame.pop("ts_ms")
    frame["engagement_id"] = [f"e{i:07d}" for i in range(len(frame))]
    return frame


def attribution(
    engagements: pd.DataFrame,
    sections: dict[str, dict[str, Any]] | None = None,
    coherence: dict[str, float] | None = None,
) -> Attribution:
    """Sums the engagements; `sections` overrides figures of a section, `coherence` of accounts."""
    e = engagements
    by = e.groupby("section_id")["p_purchased"]
    table = pd.DataFrame({"n_engagements": by.size(), "n_purchased": by.sum()}).reset_index()
    table["n_timed"] = table["n_engagements"]
    table["n_accounts"] = e.groupby("section_id")["account_id"].nunique().to_numpy()
    table["n_purchased_lo"] = table["n_purchased"] * 0.8
    table["n_purchased_hi"] = np.minimum(table["n_purchased"] * 1.2 + 1, table["n_engagements"])
    for name, value in SECTION_DEFAULTS.items():
        table[name] = [(sections or {}).get(s, {}).get(name, value) for s in table["section_id"]]
    for name in ("n_purchased", "n_purchased_lo", "n_purchased_hi", "n_engagements", "n_timed"):
        table[name] = [
            (sections or {}).get(s, {}).get(name, v)
            for s, v in zip(table["section_id"], table[name], strict=True)
        ]
    of = e[e["account_id"].notna()].groupby("account_id")
    accounts = pd.DataFrame(
        {
            "n_engagements": of.size(),
            "n_sections": of["section_id"].nunique(),
            "n_attributed": of["p_purchased"].sum(),
        }
    ).reset_index()
    accounts["propensity"] = accounts["n_attributed"] / accounts["n_engagements"]
    accounts["audience_coherence"] = [
        (coherence or {}).get(a, np.nan) for a in accounts["account_id"]
    ]
    keys = ["section_id", "comment_id", "kind"]
    streams = e.groupby(keys, dropna=False)["p_purchased"].agg(["size", "sum"]).reset_index()
    streams = streams.rename(columns={"size": "n_engagements", "sum": "n_purchased"})
    streams["n_purchased_lo"] = streams["n_purchased"] * 0.8
    streams["n_purchased_hi"] = streams["n_purchased"] * 1.2
    streams["p_value"] = np.where(streams["n_purchased"] >= 5, 1e-6, 0.5)
    streams["significant"] = streams["n_purchased"] >= 5
    return Attribution(
        engagements=arrow(e.sort_values("engagement_id"), result.ENGAGEMENTS),
        streams=arrow(streams, result.STREAMS),
        sections=arrow(table, result.SECTIONS),
        accounts=arrow(accounts, result.ACCOUNTS),
        windows=windows(e),
        curves=result.CURVES.empty_table(),
    )


def windows(e: pd.DataFrame) -> pa.Table:
    """One window a stream with five attributed acts or more: from the first to past the last."""
    rows = []
    for (section, comment, kind), part in e.groupby(
        ["section_id", "comment_id", "kind"], dropna=False
    ):
        bought = part[part["p_purchased"] > 0.5]
        if len(bought) < 5 or bought["ts_lo_ms"].isna().any():
            continue
        start, end = int(bought["ts_lo_ms"].min()), int(bought["ts_lo_ms"].max()) + 1000
        inside = part[(part["ts_lo_ms"] >= start) & (part["ts_lo_ms"] < end)]
        rows.append(
            {
                "section_id": section,
                "comment_id": comment,
                "kind": kind,
                "start_ms": start,
                "end_ms": end,
                "observed": len(inside),
                "expected": float(len(inside) - len(bought)) + 0.5,
                "attributed": float(bought["p_purchased"].sum()),
                "strength": 5.0,
            }
        )
    return arrow(pd.DataFrame(rows, columns=result.WINDOWS.names), result.WINDOWS)


def arrow(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)


def pool_world(
    *,
    n_sections: int = 12,
    orders: int = 8,
    size: int = 40,
    pool: int = 60,
    organic: int = 100,
    p: float = 0.95,
    seed: int = 0,
    prefix: str = "",
    start: int = START,
    spread_ms: int = HOUR,
) -> pd.DataFrame:
    """Organic acts by passers-by, and a pool that serves the first `orders` sections."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for s in range(n_sections):
        at = start + s * DAY
        for i, t in enumerate(np.sort(rng.exponential(8 * HOUR, organic))):
            rows.append(
                {
                    "section_id": f"{prefix}s{s:03d}",
                    "account_id": f"{prefix}o{s:03d}_{i % 90:03d}" if i % 3 else f"o{i:03d}",
                    "ts_ms": int(at + t),
                    "p_purchased": float(rng.uniform(0, 0.04)),
                }
            )
        if s >= orders:
            continue
        workers = rng.choice(pool, size, replace=False)
        for w, t in zip(workers, np.sort(rng.uniform(0, spread_ms, size)), strict=True):
            rows.append(
                {
                    "section_id": f"{prefix}s{s:03d}",
                    "account_id": f"{prefix}w{w:03d}",
                    "ts_ms": int(at + 6 * HOUR + t),
                    "p_purchased": p,
                    "excess": 2.0,
                    "propensity": 2.0,
                    "company": 3.0,
                }
            )
    return acts(rows)
