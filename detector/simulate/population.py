"""Accounts: language, region, time zone, interests, activity, and what a profile shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.detector.simulate.clock import DAY_MS, TIME_ZONES, VERTICALS

__all__ = ["LANGUAGES", "NAME_SHAPES", "REGIONS", "Population", "make_population", "pick"]

LANGUAGES: Final = ("zh", "en")
# Home regions, the largest first; shares fall as 1/(rank + 2), a plain long tail.
REGIONS: Final = (
    "广东", "江苏", "山东", "浙江", "河南", "四川", "湖北", "北京", "上海", "湖南", "福建", "河北",
    "US", "IN", "GB", "CA", "AU", "PH", "NG", "SG",
)  # fmt: skip
N_ZH_REGIONS: Final = 12
_EN_ZONES: Final = (1, 3, 2, 1, 0, 0, 2, 0)
NAME_SHAPES: Final = (
    "字字", "字字字", "字字字字", "aaaaa", "aaaaaaaa", "aaaa00", "aaaaaa0000", "字字000",
    "用户00000000", "aaaa_aaaa", "字字aaa", "Aaaaa Aaaaa",
)  # fmt: skip


@dataclass(slots=True)
class Population:
    """Columns over accounts.

    `activity` is a relative rate of organic acts; `interest` holds three verticals each (the first
    counts most); `profile_*` are what a crawler would see at the end of the window.
    """

    language: NDArray[np.int8]
    region: NDArray[np.int8]
    zone: NDArray[np.int8]
    interest: NDArray[np.int8]
    activity: NDArray[np.float64]
    created_ms: NDArray[np.int64]
    followers: NDArray[np.int64]
    following: NDArray[np.int64]
    posts: NDArray[np.int64]
    bio_length: NDArray[np.int64]
    has_avatar: NDArray[np.bool_]
    name_shape: NDArray[np.int8]
    declared_bot: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.activity)


def pick(rng: np.random.Generator, weights: NDArray[np.floating[Any]], n: int) -> NDArray[np.intp]:
    """Draws `n` positions with replacement, with chances in proportion to `weights`."""
    total = np.cumsum(weights)
    drawn = np.searchsorted(total, rng.random(n) * total[-1], side="right")
    return np.asarray(np.minimum(drawn, len(weights) - 1))


def make_population(rng: np.random.Generator, n: int, start_ms: int) -> Population:
    """Draws `n` accounts as they stand at `start_ms`.

    Activity is lognormal with sigma 1.3 (half of all acts from about the busiest tenth, as on
    platforms whose users mostly read) [H]; account age lognormal with a median of two years, one in
    twenty-five younger than three months [H].
    """
    language = (rng.random(n) < 0.35).astype(np.int8)
    rank_zh = pick(rng, 1.0 / (np.arange(N_ZH_REGIONS) + 2), n)
    rank_en = pick(rng, 1.0 / (np.arange(len(REGIONS) - N_ZH_REGIONS) + 2), n)
    region = np.where(language == 0, rank_zh, N_ZH_REGIONS + rank_en).astype(np.int8)
    abroad = rng.random(n) < 0.03
    zone = np.where(language == 0, 0, np.array(_EN_ZONES)[rank_en])
    zone = np.where(abroad, rng.integers(0, len(TIME_ZONES), n), zone).astype(np.int8)
    interest = np.argsort(rng.random((n, len(VERTICALS))), axis=1)[:, :3].astype(np.int8)
    activity = rng.lognormal(0.0, 1.3, n)
    age_days = np.clip(rng.lognormal(np.log(700), 1.2, n), 0.5, 5500)
    known = np.sqrt(activity)
    return Population(
        language=language,
        region=region,
        zone=zone,
        interest=interest,
        activity=activity,
        created_ms=(start_ms - age_days * DAY_MS).astype(np.int64),
        followers=np.floor(rng.lognormal(np.log(35), 1.5, n) * known).astype(np.int64),
        following=np.floor(rng.lognormal(np.log(110), 1.1, n)).astype(np.int64),
        posts=np.floor(rng.lognormal(np.log(12), 1.7, n) * known).astype(np.int64),
        bio_length=np.where(rng.random(n) < 0.45, 0, rng.integers(3, 60, n)).astype(np.int64),
        has_avatar=rng.random(n) < 0.86,
        name_shape=pick(rng, 1.0 / (np.arange(len(NAME_SHAPES)) + 3.0), n).astype(np.int8),
        declared_bot=np.zeros(n, dtype=bool),
    )
