"""Is a world hard enough? Easy methods must fail on it before it may judge a good one.

A preset counts only while an isolation forest on plain account features stays at AUC .85 or below,
degree at .75 or below, FRAUDAR's densest block at a precision of .2 or below, at most 5 % of the
likes are bought, and at least half of what bought accounts do is camouflage (issue 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.stats import rankdata
from zhenzan.detector.simulate.peeling import densest_accounts
from zhenzan.features.errors import MissingDependencyError

__all__ = ["LIMITS", "Validity", "validity"]

LIMITS: Final = {
    "isolation_forest_auc": 0.85,
    "degree_auc": 0.75,
    "fraudar_precision": 0.20,
    "share_bought": 0.05,
    "share_camouflage": 0.50,
}


@dataclass(frozen=True, slots=True)
class Validity:
    """What easy methods reach on a world; `camouflage_of` is by role of the bought accounts."""

    isolation_forest_auc: float
    degree_auc: float
    fraudar_precision: float
    fraudar_size: int
    share_bought: float
    share_camouflage: float
    camouflage_of: dict[str, float]

    @property
    def failures(self) -> tuple[str, ...]:
        """The limits that the world breaks; empty for a valid one."""
        low = [k for k in LIMITS if k != "share_camouflage" and getattr(self, k) > LIMITS[k]]
        if self.share_camouflage < LIMITS["share_camouflage"]:
            low.append("share_camouflage")
        return tuple(low)


def auc(score: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve, ties counted half."""
    ranks = rankdata(score)
    n = int(positive.sum())
    area = (ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(score) - n))
    return float(area)


def validity(folder: Path | str, *, seed: int = 0) -> Validity:
    """Measures a simulated world.

    Accounts without any act are left aside; an account counts as bought if it delivered anything.

    Args:
        folder: A directory written by `simulate`, with its `truth/`.
        seed: Of the isolation forest.

    Raises:
        MissingDependencyError: If scikit-learn is absent.
    """
    folder = Path(folder)
    truth = pq.read_table(folder / "truth" / "account.parquet").to_pandas()
    truth = truth[truth.n_engagements > 0].reset_index(drop=True)
    bought = (truth.n_delivered > 0).to_numpy()
    acts = pq.read_table(
        folder / "engagement.parquet",
        columns=["kind", "section_id", "account_id", "ts_lo_ms"],
    ).to_pandas()
    labels = pq.read_table(folder / "truth" / "engagement.parquet", columns=["label"])
    delivered = (labels["label"].to_pandas() == "delivered").to_numpy()
    block = _fraudar(acts, truth.account_id)
    mine = truth[bought]
    by_role = mine.groupby("role")[["n_delivered", "n_engagements"]].sum()
    return Validity(
        isolation_forest_auc=auc(_isolation(_features(folder, acts, truth), seed), bought),
        degree_auc=auc(truth.n_engagements.to_numpy(float), bought),
        fraudar_precision=float(bought[block].mean()) if len(block) else 0.0,
        fraudar_size=len(block),
        share_bought=float(delivered.mean()),
        share_camouflage=_camouflage(mine),
        camouflage_of={
            str(role): _camouflage(row.to_frame().T) for role, row in by_role.iterrows()
        },
    )


def _camouflage(accounts: pd.DataFrame) -> float:
    """Share of the accounts' acts that nobody ordered."""
    total = float(accounts.n_engagements.sum())
    return 1.0 - float(accounts.n_delivered.sum()) / total if total else 1.0


def _features(folder: Path, acts: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """What anybody would try first: age, profile, counts, hours."""
    account = pq.read_table(folder / "account.parquet").to_pandas().set_index("account_id")
    profile = pq.read_table(folder / "account_snapshot.parquet").to_pandas()
    profile = profile.set_index("account_id")
    hour = (acts.ts_lo_ms // 3_600_000 % 24).to_numpy()
    per = acts.assign(night=(hour >= 16) & (hour < 22)).groupby("account_id")
    table: dict[str, Any] = {
        "acts": np.log1p(per.size()),
        "sections": np.log1p(per.section_id.nunique()),
        "night": per.night.mean(),
        "span_h": (per.ts_lo_ms.max() - per.ts_lo_ms.min()) / 3_600_000,
        "age_days": (profile.observed_ms - account.created_ms) / 86_400_000,
        "followers": np.log1p(profile.followers),
        "following": np.log1p(profile.following),
        "posts": np.log1p(profile.posts),
        "bio_length": profile.bio_length,
        "has_avatar": profile.has_avatar.astype(float),
    }
    return pd.DataFrame(table).reindex(truth.account_id).fillna(0.0)


def _isolation(features: pd.DataFrame, seed: int) -> NDArray[np.float64]:
    """Anomaly score of each row; larger is stranger."""
    try:
        from sklearn.ensemble import IsolationForest
    except ImportError as error:  # pragma: no cover - depends on the installation
        raise MissingDependencyError("validity needs scikit-learn: pip install scikit-learn") from (
            error
        )
    forest = IsolationForest(n_estimators=100, random_state=seed).fit(features.to_numpy(float))
    return np.asarray(-forest.score_samples(features.to_numpy(float)), dtype=np.float64)


def _fraudar(acts: pd.DataFrame, accounts: pd.Series[str]) -> NDArray[np.intp]:
    """Rows of `accounts` that FRAUDAR's first block holds."""
    likes = acts[acts.kind == "like"]
    account = pd.Index(accounts).get_indexer(pd.Index(likes.account_id))
    section, names = pd.factorize(likes.section_id)
    edges = np.unique(account.astype(np.int64) * len(names) + section)
    return densest_accounts(edges // len(names), edges % len(names), len(accounts), len(names))
