"""Made-up sections, one for each benign explanation, and near misses without its sign.

`GOOD` has, for each kind, a function that plants it; `NEAR` functions that plant what looks alike
but lacks the sign. All are about section `t:0` of creator `t:c0`, in which an excess is attributed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

START = 1_740_960_000_000  # 2025-03-03, a Monday
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TARGET = "t:0"


@dataclass
class Plant:
    """Rows of a small world; `p` of an act is what attribution made of it."""

    sections: list[dict[str, Any]] = field(default_factory=list)
    acts: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    follows: list[tuple[str, str]] = field(default_factory=list)
    coherence: float | None = None
    company_bits: float = 0.0
    onsets: dict[str, int] = field(default_factory=dict)

    def section(self, key: str = TARGET, creator: str = "t:c0", **more: Any) -> Plant:
        row = {"section_id": key, "platform": "t", "kind": "post", "creator_id": creator}
        self.sections.append(row | {"published_ms": START} | more)
        return self

    def act(self, at: float, who: str, p: float = 0.95, key: str = TARGET, **more: Any) -> Plant:
        self.acts.append({"section_id": key, "account_id": who, "at": int(at), "p": p} | more)
        return self

    def burst(
        self, n: int = 60, start: float = START + HOUR, width: float = HOUR, **more: Any
    ) -> Plant:
        for i in range(n):
            self.act(start + width * (i + 0.37 * (i % 3)) / n, f"t:w{i}", **more)
        return self

    def talk(self, words: list[str], n: int = 30, start: float = START + HOUR,
             step: float = 97_000, **more: Any) -> Plant:  # fmt: skip
        for i in range(n):
            self.say(words[i % len(words)], start + step * i, f"t:w{i}", **more)
        return self

    def say(self, text: str, at: float, who: str, surprising: bool = True, **more: Any) -> Plant:
        row = {"section_id": TARGET, "text": text, "at": int(at), "account_id": who}
        self.comments.append(row | {"surprising": surprising} | more)
        return self

    def people(self, n: int = 60, **facts: Any) -> Plant:
        for i in range(n):
            self.accounts.setdefault(f"t:w{i}", {}).update(facts)
        return self


def fading(plant: Plant, start: float, n: int = 80, unit: float = HOUR / 2, **more: Any) -> Plant:
    for i, u in enumerate((np.arange(n) + 0.5) / n):
        plant.act(start + unit * 1.4 * -np.log(1 - u), f"t:w{i}", **more)
    return plant


def giveaway(
    text: str | None = "周末福利：抽三位送书，周日开奖", reply: str = "已关注求抽"
) -> Plant:
    return Plant().section(text=text).burst().talk([reply, reply + "！", "中中中", "接好运"])


def vote(text: str | None = "同意的扣1，不同意的扣2", reply: str = "111") -> Plant:
    return Plant().section(text=text).burst().talk(["1", reply, "2"])


def contest(text: str | None = "留言点赞最高的前三名送书", spread: int = 3) -> Plant:
    plant = Plant().section(text=text)
    for c in range(3):
        plant.say(f"第{c}个长长的故事，说的是自己家里的事", START, f"t:k{c}", surprising=False,
                  comment_id=f"t:k{c}")  # fmt: skip
    for i in range(60):
        plant.act(START + HOUR + i * MINUTE, f"t:w{i}", comment_id=f"t:k{i % spread}")
    return plant


def ritual(served: bool = False, alive: bool = True, coherence: float = 0.95) -> Plant:
    plant = Plant(coherence=coherence).section().burst(40)
    for k in range(1, 5):
        plant.section(f"t:{k}").section(f"t:x{k}", f"t:o{k}")
        for i in range(40):
            plant.act(START + k * DAY + i * MINUTE, f"t:w{i}", p=0.2, key=f"t:{k}")
            if alive:
                plant.act(START + k * DAY + i * HOUR, f"t:w{i}", p=0.9 if served else 0.0,
                          key=f"t:x{k}")  # fmt: skip
    return plant.talk(["一起守护", "打卡第3天"], 20)


def news(word: str = "台风", served: bool = False) -> Plant:
    plant = Plant()
    for k in range(4):
        plant.section(f"t:{k}", f"t:c{k}", title=f"{word if k else '台风'}第{k}条")
        for i in range(40):
            who = i if served else 100 * k + i
            plant.act(START + HOUR + i * MINUTE, f"t:w{who}", key=f"t:{k}")
        plant.onsets[f"t:{k}"] = START + HOUR + k * MINUTE
    for k in range(4, 40):
        plant.section(f"t:{k}", f"t:c{k}", title=f"别的事{k}")
    return plant


def push(follows: bool = True, late: float = 0.0, served: bool = False) -> Plant:
    plant = fading(Plant().section(), START + late)
    if follows:
        plant.follows += [(f"t:w{i}", "t:c0") for i in range(60)]
    if served:
        plant.section("t:1", "t:c1")
        for i in range(80):
            plant.act(START + i * MINUTE, f"t:w{i}", key="t:1")
    return plant


def assignment(
    words: str = "三年{}班 王小明 已完成", days: float = 0.0, place: str = "鲁"
) -> Plant:
    plant = Plant().section().burst(40)
    for i in range(40):
        plant.say(words.format(i % 3), START + HOUR + i * (MINUTE + days * DAY), f"t:w{i}",
                  region=place + ("" if days == 0 else str(i)))  # fmt: skip
    return plant


def live(
    gaps: tuple[int, ...] = (0, 9, 25, 31, 70, 77), words: str = "哈哈哈", scatter: int = 1
) -> Plant:
    plant = Plant().section(title="周末直播").burst()
    for m, minute in enumerate(gaps):
        for i in range(6):
            at = START + minute * MINUTE + 731 * i * scatter
            plant.say(
                [words, "666", "???"][i % 3] if words == "哈哈哈" else words, at, f"t:w{6 * m + i}"
            )
    return plant


def link(referrer: str | None = "news.example", rest: str = "feed") -> Plant:
    plant = fading(Plant().section(), START + DAY, unit=2 * HOUR, referrer=referrer)
    for i in range(40):
        plant.act(START + i * 3 * HOUR, f"t:v{i}", p=0.0, referrer=rest)
    return plant


def repeated(*words: str, post: str | None = None, **more: Any) -> Plant:
    return Plant().section(text=post).burst(20, p=0.1).talk(list(words), **more)


def friends(n: int = 20, back: bool = True, served: bool = False) -> Plant:
    plant = Plant().section().burst(n)
    plant.follows += [(f"t:w{i}", "t:c0") for i in range(n)]
    if back:
        plant.follows += [("t:c0", f"t:w{i}") for i in range(n)]
    if served:
        plant.section("t:1", "t:c1")
        for i in range(n):
            plant.act(START + i * MINUTE, f"t:w{i}", key="t:1")
    return plant


def pinned(mark: str = "pinned", hours: float = 40.0, value: bool = True) -> Plant:
    plant = Plant().section()
    plant.say("一条普通的评论", START, "t:k", surprising=False, comment_id="t:k", **{mark: value})
    for i in range(60):
        plant.act(START + hours * HOUR * i / 60, f"t:w{i}", comment_id="t:k")
    return plant


def featured(referrer: str = "推荐", hours: float = 40.0) -> Plant:
    return Plant().section().burst(60, width=hours * HOUR, referrer=referrer)


def daily(days: int = 10, drift: int = 0, others: bool = False, words: str = "打卡第{}天") -> Plant:
    plant = Plant().section().burst()
    for d in range(days):
        for i in range(8):
            who = f"t:w{i + (8 * d if others else 0)}"
            plant.say(words.format(d), START + d * (DAY + drift * HOUR) + i * MINUTE, who)
    return plant


def regional(elsewhere: str = "鲁", here: str = "鲁") -> Plant:
    plant = Plant().section().burst(region=here)
    for k in range(1, 4):
        plant.section(f"t:{k}")
        for i in range(30):
            plant.act(START + i * HOUR, f"t:v{k}-{i}", p=0.0, key=f"t:{k}", region=elsewhere)
    return plant


def newcomers(wave: bool = True) -> Plant:
    plant = Plant().section().burst(start=START + 5 * DAY).people(created_ms=START + 4 * DAY)
    for k in range(1, 6):
        plant.section(f"t:{k}", f"t:c{k}")
        for d in range(12):
            for i in range(10):
                who = f"t:v{k}-{d}-{i}"
                young = wave and d == 5
                plant.accounts[who] = {
                    "created_ms": START - (0 if young else 300) * DAY + d * DAY - HOUR
                }
                plant.act(START + d * DAY + i * HOUR, who, p=0.0, key=f"t:{k}")
    return plant


def helpers(declared: bool | None = True) -> Plant:
    return Plant().section().burst().people(declared_bot=declared)


def praise(step: float = 6 * HOUR, parcels: str = "物流快", bought: bool = False) -> Plant:
    plant = Plant().section().talk(["好评", "不错", "满意", parcels], 30, step=step)
    return plant.burst() if bought else plant.burst(20, p=0.1)


def heaped(grid: int = HOUR) -> Plant:
    plant = Plant().section()
    for i in range(60):
        plant.act(START + (i % 7) * max(grid, 1) + (0 if grid > MINUTE else i * 7919), f"t:w{i}")
    return plant


def shifted(hours: int = 8) -> Plant:
    plant = Plant().section().burst(start=START + hours * HOUR + 5 * MINUTE)
    for k in range(1, 5):
        plant.section(f"t:{k}").act(START + 9 * MINUTE, f"t:v{k}", p=0.0, key=f"t:{k}")
    return plant


def purge(creators: int = 15) -> Plant:
    when = START + 20 * DAY
    plant = Plant().section().burst(retracted=when)
    for k in range(1, creators):
        plant.section(f"t:{k}", f"t:c{k}")
        for i in range(5):
            plant.act(
                START + i * HOUR, f"t:v{k}-{i}", p=0.0, key=f"t:{k}", retracted=when + i * MINUTE
            )
    return plant


def advert(referrer: str | None = "ads", text: str | None = None, days: int = 3) -> Plant:
    return Plant().section(text=text).burst(120, width=days * DAY, referrer=referrer)


def sabotage(served: bool = True) -> Plant:
    plant = Plant().section().burst(40)
    for k in range(1, 5):
        plant.section(f"t:{k}").section(f"t:x{k}", f"t:o{k}")
        plant.act(START + HOUR, f"t:v{k}", p=0.0, key=f"t:{k}")
        for i in range(40):
            plant.act(START + k * DAY, f"t:w{i}", p=0.9 if served else 0.0, key=f"t:x{k}")
    return plant


def nameless(plant: Plant) -> Plant:
    """The same where nobody knows whose the sections are."""
    plant.sections = [row | {"creator_id": None} for row in plant.sections]
    return plant


GOOD: dict[str, Callable[[], Plant]] = {
    "giveaway": giveaway,
    "vote_prompt": vote,
    "like_contest": contest,
    "fan_ritual": ritual,
    "news": news,
    "push": push,
    "assignment": assignment,
    "livestream": live,
    "external_link": link,
    "meme": lambda: repeated("前排", "火钳刘明", "沙发！"),
    "formula": lambda: repeated("一路走好", "一路走好🕯", "愿天堂没有病痛", "RIP"),
    "friends_family": friends,
    "pinned": pinned,
    "selected": lambda: pinned("selected"),
    "featured": featured,
    "daily_ritual": daily,
    "regional": regional,
    "new_users": newcomers,
    "declared_bot": helpers,
    "commerce_praise": praise,
    "measurement_artefact": heaped,
    "platform_purge": purge,
    "advert": advert,
    "sabotage": sabotage,
}
PACK = "这个产品真的改变了我的生活推荐给大家"
NEAR: dict[str, list[Callable[[], Plant]]] = {
    "giveaway": [
        lambda: giveaway(text=None),  # replies alone
        lambda: giveaway(text="今天聊聊新书"),
        lambda: Plant().section(text="抽三位送书").burst(),  # the post alone, no deadline
        lambda: Plant().section(text="抽三位送书").burst().talk([PACK]),  # a pack under a draw
    ],
    "vote_prompt": [
        lambda: vote(text="今天聊聊新书"),
        lambda: vote().__class__().section(text="同意的扣1").burst().talk([PACK]),
    ],
    "like_contest": [lambda: contest(text="今天聊聊新书"), lambda: contest(spread=1)],
    "fan_ritual": [
        lambda: ritual(served=True),  # the same accounts deliver for four others
        lambda: ritual(alive=False),  # nothing is known of another life
        lambda: ritual(coherence=0.3),
    ],
    "news": [
        lambda: news(word="无关"),
        lambda: news(served=True),
        lambda: nameless(
            news(served=True)
        ),  # sections of unknown creators are others' all the same
    ],
    "push": [
        lambda: push(follows=False),  # the seller's curve
        lambda: push(late=20 * HOUR),
        lambda: push(served=True),
    ],
    "assignment": [
        lambda: assignment(words="已完成"),
        lambda: assignment(words=PACK),
        lambda: assignment(days=1.0),
    ],
    "livestream": [
        lambda: live(gaps=(0, 10, 20, 30, 40, 50)),  # runs of an order, to the minute
        lambda: live(gaps=(0, 9)),
        lambda: live(words=PACK),
        lambda: live(scatter=300),
    ],
    "external_link": [lambda: link(None), lambda: link(rest="news.example"), lambda: link("推送")],
    "meme": [lambda: repeated(PACK), lambda: repeated(PACK, "前排", PACK + "！")],
    "formula": [lambda: repeated(PACK), lambda: repeated("支持", "写得真好")],
    "friends_family": [
        lambda: friends(back=False),
        lambda: friends(n=90),
        lambda: friends(served=True),  # a circle that likes each other's posts
    ],
    "pinned": [lambda: pinned(hours=2.0), lambda: pinned(value=False)],
    "selected": [lambda: pinned("selected", hours=2.0)],
    "featured": [lambda: featured("feed"), lambda: featured(hours=2.0)],
    "daily_ritual": [
        lambda: daily(others=True),  # other people every day
        lambda: daily(drift=5),
        lambda: daily(days=2),
    ],
    "regional": [lambda: regional(elsewhere="粤"), lambda: regional(here="粤")],
    "new_users": [lambda: newcomers(wave=False)],
    "declared_bot": [lambda: helpers(None), lambda: helpers(False)],
    "commerce_praise": [
        lambda: praise(step=MINUTE),
        lambda: praise(bought=True),  # praise that came with delivered likes
        lambda: praise(parcels="支持"),
    ],
    "measurement_artefact": [lambda: heaped(1), lambda: shifted(3)],
    "platform_purge": [lambda: purge(creators=4)],
    "advert": [
        lambda: advert("feed"),
        lambda: advert(None, "#广告 本期合作", days=0),  # disclosed, but a flash
        lambda: advert(None),  # a flight that nobody disclosed
    ],
    "sabotage": [lambda: sabotage(served=False)],
}
