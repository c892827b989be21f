"""Where the accounts and sections of a group stand in its picture."""

from __future__ import annotations

from typing import Final

import networkx as nx
import numpy as np
import pandas as pd
from zhenzan.detector.report.records import Network

__all__ = ["MAX_ACCOUNTS", "layout"]

MAX_ACCOUNTS: Final = 300  # dots of a picture 340 px wide that do not yet cover each other
MAX_SECTIONS: Final = 40
_MAX_EDGES: Final = 1500  # 20 bytes each in the page
_ROUNDS: Final = 60  # of the layout; positions hardly move after 50 (networkx' own default)
_SEED: Final = 0
_HUB: Final = 0.15  # of the strength of an engagement
_APART: Final = 0.062  # of the side: 21 px of 340, a square of 16 and air
_PUSHES: Final = 60
_RUG_ROWS: Final = 12
_RUG_STROKES: Final = 400
# Posterior above which an act is drawn as the group's: more likely delivered than not.
_ATTRIBUTED: Final = 0.5


def layout(
    accounts: list[str], sections: list[str], labels: list[str], acts: pd.DataFrame
) -> Network | None:
    """Places a group; the same input gives the same picture.

    Args:
        accounts: Its accounts, at most `MAX_ACCOUNTS` are placed, in the order given, without
            those that no attributed act connects.
        sections: Its sections, at most `MAX_SECTIONS` are placed, in the order given.
        labels: What each section is called in the picture.
        acts: Timed acts of members on member sections: `account_id`, `section_id`, `ts_hi_ms`,
            `p_purchased`.

    Returns:
        None where no attributed act connects them: there is nothing to draw.
    """
    own = acts[acts["p_purchased"] >= _ATTRIBUTED]
    connected = set(own["account_id"])
    drawn_accounts = [a for a in accounts[:MAX_ACCOUNTS] if a in connected]
    drawn_sections = sections[:MAX_SECTIONS]
    frame = pd.DataFrame(
        {
            "a": own["account_id"].map({v: i for i, v in enumerate(drawn_accounts)}),
            "s": own["section_id"].map({v: i for i, v in enumerate(drawn_sections)}),
            "t": own["ts_hi_ms"],
        }
    ).dropna()
    if frame.empty:
        return None
    pairs = frame[["s", "a"]].drop_duplicates().sort_values(["s", "a"]).astype("int64")
    stride = -(-len(pairs) // _MAX_EDGES)
    edges = tuple((int(a), int(s)) for s, a in pairs.to_numpy()[::stride])
    at = _positions(len(drawn_accounts), len(drawn_sections), pairs)
    n = len(drawn_accounts)
    return Network(
        accounts=tuple((float(x), float(y)) for x, y in at[:n]),
        sections=tuple(
            (float(x), float(y), label) for (x, y), label in zip(at[n:], labels, strict=False)
        ),
        edges=edges,
        n_acts=len(frame),
        rug=_rug(frame, labels),
        hidden_sections=max(0, len(sections) - _RUG_ROWS),
    )


def _positions(n_accounts: int, n_sections: int, pairs: pd.DataFrame) -> np.ndarray:
    """Springs between accounts and the sections they engaged with, scaled to [0.03, 0.97]²."""
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(range(n_accounts + n_sections))
    graph.add_edges_from((int(a), n_accounts + int(s)) for s, a in pairs.to_numpy())
    n = n_accounts + n_sections
    # A weak tie to a common hub keeps parts that share nothing from flying out of the picture.
    graph.add_edges_from(((n, n_accounts + s) for s in range(n_sections)), weight=_HUB)
    # Sections start evenly on a circle, so that the picture does not hang on a lucky draw.
    angle = 2 * np.pi * np.arange(n_sections) / max(n_sections, 1)
    start = np.random.default_rng(_SEED).uniform(-0.2, 0.2, (n + 1, 2))
    start[n_accounts:n] = 0.8 * np.column_stack([np.cos(angle), np.sin(angle)])
    found = nx.spring_layout(
        graph,
        pos=dict(enumerate(start)),
        k=1.6 / np.sqrt(n),  # more room than the default 1/√n: dots keep apart
        iterations=_ROUNDS,
        seed=_SEED,
        method="force",
    )
    at = np.array([found[i] for i in range(n)], dtype=np.float64)
    low, high = at.min(axis=0), at.max(axis=0)
    spread = np.where(high > low, high - low, 1.0)
    placed: np.ndarray = 0.03 + 0.94 * (at - low) / spread
    placed[n_accounts:] = _apart(placed[n_accounts:])
    return np.round(placed, 4)


def _apart(at: np.ndarray) -> np.ndarray:
    """Pushes squares apart that cover each other, in pairs, until none does or nothing helps."""
    moved = at.copy()
    for _ in range(_PUSHES):
        away = moved[:, None, :] - moved[None, :, :]
        far = np.linalg.norm(away, axis=2)
        np.fill_diagonal(far, np.inf)
        close = far < _APART
        if not close.any():
            break
        # Squares at the very same place part along directions of their own.
        turn = np.arange(len(moved), dtype=np.float64)
        aside = np.column_stack([np.cos(turn), np.sin(turn)])[:, None, :] * 1e-3
        step = np.where(close[:, :, None], (away + aside) / np.maximum(far, 1e-3)[:, :, None], 0.0)
        moved = np.clip(moved + 0.25 * _APART * step.sum(axis=1), 0.03, 0.97)
    return moved


def _rug(frame: pd.DataFrame, labels: list[str]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The times of the acts on each of the first sections."""
    rows: list[tuple[str, tuple[int, ...]]] = []
    for index in sorted(frame["s"].unique())[:_RUG_ROWS]:
        ordered = sorted(int(t) for t in frame.loc[frame["s"] == index, "t"])
        stride = -(-len(ordered) // _RUG_STROKES)
        rows.append((labels[int(index)], tuple(ordered[::stride])))
    return tuple(rows)
