"""H3, a like contest: the most liked comments win, so contestants ask everybody they know."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from zhenzan.detector.simulate.clock import DAY_MS, HOUR_MS
from zhenzan.detector.simulate.scenarios.base import (
    crowd,
    declare,
    evening,
    language_of,
    say,
    texts_from,
    wave,
)
from zhenzan.detector.simulate.stage import Stage

__all__ = ["LikeContest"]

_POST = {
    "zh": "留言集赞:点赞最高的前三名送书,{i}日晚十点截止",
    "en": "The three most liked stories win a book, closing on day {i} at 10 pm",
}
_STORY = {
    "zh": (
        "我女儿{i}岁那年第一次自己读完一本书,她把最喜欢的一页念给外婆听,那个下午我一直记得",
        "在外地打工第{i}年,下班后读书是我唯一不觉得累的时候,想把这本书送给同宿舍的兄弟",
        "退休{i}个月了,重新学着写字,希望能给老伴念一念这本书",
    ),
    "en": (
        "My daughter was {i} when she read the best page of her first book to her grandmother",
        "For {i} years I have read on the night bus, it is the one hour that is mine",
    ),
}


class LikeContest:
    """Friends of each contestant: dense within a group, one region, never seen elsewhere."""

    name: ClassVar[str] = "like_contest"
    case: ClassVar[str] = "H3"

    def stage(self, stage: Stage, rng: np.random.Generator, n: int) -> None:
        """Three to ten contestants, steps after every call, a sprint in the last hour."""
        code = stage.scenario(self.name)
        for s in stage.claim(rng, n, code, low=10).tolist():
            start = float(stage.sections.published_ms[s])
            deadline = evening(stage.clock, start + rng.integers(2, 5) * DAY_MS, 22.0)
            language = language_of(stage, s)
            k = int(rng.integers(3, 11))
            who = stage.visitors(rng, np.full(k, s))
            told = wave(rng, start, k, 3.0)
            story = texts_from(rng, _STORY[language], k, 30)
            rows = say(stage, s, who, told, story, code)
            for row, begin in zip(rows.tolist(), told.tolist(), strict=True):
                self._support(stage, rng, s, row, begin, deadline, code)
            post = _POST[language].replace("{i}", str(rng.integers(2, 28)))
            stage.sections.text[s] = post
            declare(stage, rng, s, "like_contest", start, deadline, quote=post)

    def _support(
        self,
        stage: Stage,
        rng: np.random.Generator,
        section: int,
        row: int,
        begin: float,
        deadline: float,
        code: int,
    ) -> None:
        home = stage.regions_of(rng, 1)[0]
        near = np.flatnonzero(stage.people.region == home)
        friends = rng.choice(near, min(len(near), int(rng.integers(15, 90))), replace=False)
        calls = np.sort(rng.uniform(begin, deadline - HOUR_MS, int(rng.integers(1, 4))))
        when = rng.choice(calls, len(friends)) + rng.exponential(0.5 * HOUR_MS, len(friends))
        sprint = rng.random(len(friends)) < 0.3
        when[sprint] = deadline - rng.uniform(0, HOUR_MS, int(sprint.sum()))
        kept = when < deadline
        crowd(stage, rng, section, when[kept], code, friends[kept], comment=row)
