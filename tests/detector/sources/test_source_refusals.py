"""Answers in which a platform refuses are told as such; data is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from zhenzan.detector.sources import sniff
from zhenzan.detector.sources.refusals import refusal_of
from zhenzan.features.errors import UnknownFormatError

REFUSALS = {
    "403 quotaExceeded": {"error": {"code": 403, "message": "quotaExceeded", "errors": []}},
    "-3 invalid session": {"base_resp": {"ret": -3, "errmsg": "invalid session"}},
    "40001 invalid credential": {"errcode": 40001, "errmsg": "invalid credential"},
    "12002 评论区已关闭": {"code": 12002, "message": "评论区已关闭", "ttl": 1},
    "8 blocked": {"status_code": 8, "status_msg": "blocked"},
    "-100": {"ok": -100, "url": "https://example.org/login"},
    "300330 请登录": {"errCode": 300330, "errMsg": "请登录", "data": None},
    "ExpiredToken Token has expired": {"error": "ExpiredToken", "message": "Token has expired"},
}


@pytest.mark.parametrize("said", REFUSALS)
def test_what_the_platform_says_is_in_the_message(said: str, tmp_path: Path) -> None:
    path = tmp_path / "page1.json"
    path.write_text(json.dumps(REFUSALS[said], ensure_ascii=False), encoding="utf-8")
    assert refusal_of(REFUSALS[said]) == said
    with pytest.raises(UnknownFormatError, match="refuses") as error:
        sniff(path)
    assert said in str(error.value).splitlines()[0]


@pytest.mark.parametrize(
    "value",
    [
        {"code": 0, "message": "0", "data": {}}, {"ok": 1, "data": []}, {"error": None}, {}, [], 3,
        {"code": "A12", "message": "hello"}, {"ret": [], "error": {}}, {"base_resp": {"ret": 0}},
    ],
)  # fmt: skip
def test_other_values_refuse_nothing(value: Any) -> None:
    assert refusal_of(value) is None


def test_hostile_words_stay_short_and_visible(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"code": 7, "message": "\x1b[2J" + "x" * 10_000}))
    with pytest.raises(UnknownFormatError) as error:
        sniff(path)
    assert "\x1b" not in str(error.value) and len(str(error.value).splitlines()[0]) < 400
