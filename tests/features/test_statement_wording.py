"""What the families' statements may not say: unknown authors as accounts, shares of a few acts."""

from __future__ import annotations

from typing import Any

import pytest
from zhenzan.features.coengagement.evidence import _varied_en, _varied_zh
from zhenzan.features.family import Entity
from zhenzan.features.template.evidence import section_evidence


def rows(accounts: list[str | None], **more: Any) -> list[dict[str, Any]]:
    figures = {
        "section_id": "s", "template_id": "t", "form": "支持1", "n_comments": len(accounts),
        "n_accounts": len(accounts), "n_elsewhere": 0, "expected": 0.004, "surprise": 40.0,
        "text": "支持 1", "n_compared": 3,
    }  # fmt: skip
    return [
        {"comment_id": f"c{i}", "account_id": a, **figures, **more} for i, a in enumerate(accounts)
    ]


def test_comments_of_unknown_authors_are_not_called_accounts() -> None:
    wanted = {(Entity.SECTION, "s")}
    (unknown,) = section_evidence(rows([None] * 5), wanted, 1)
    (known,) = section_evidence(rows([f"u{i}" for i in range(5)]), wanted, 1)
    assert unknown.statement.zh.startswith("有 5 条（作者未知）近似“支持1”的评论；")
    assert unknown.statement.en.startswith("There are 5 comments, authors unknown, like")
    assert known.statement.zh.startswith("5 个账号写了 5 条")
    assert (
        "预计 <0.1 个账号" in known.statement.zh and "predict <0.1 accounts" in known.statement.en
    )


def test_where_there_is_nothing_to_compare_with_no_other_sections_are_named() -> None:
    wanted = {(Entity.SECTION, "s")}
    authors: list[str | None] = [f"u{i}" for i in range(5)]
    (alone,) = section_evidence(rows(authors, n_compared=0), wanted, 1)
    assert "no section of another creator is here to compare with" in alone.statement.en
    assert "没有其他作者的评论区可作对照" in alone.statement.zh
    said = " ".join(text.en for text in (alone.statement, *alone.counter_evidence))
    assert "other sections" not in said and "sections compared" not in said
    (compared,) = section_evidence(rows(authors), wanted, 1)
    assert "sections compared" in compared.counter_evidence[1].en


@pytest.mark.parametrize(("varied", "zh"), [(0.2, "同一位"), (0.9, "不同的")])
def test_no_percentage_stands_on_fewer_than_twenty_acts(varied: float, zh: str) -> None:
    assert "%" not in _varied_zh(varied, 19) + _varied_en(varied, 19)
    assert zh in _varied_zh(varied, 19)
    assert f"{varied:.0%}" in _varied_zh(varied, 20) and f"{varied:.0%}" in _varied_en(varied, 20)
