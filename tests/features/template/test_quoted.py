"""What evidence quotes of a template: readable, and without links and names."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from zhenzan.features.errors import printable
from zhenzan.features.family import Entity
from zhenzan.features.template import TemplateFamily
from zhenzan.features.template.normal import normal_form, quoted_form

LINKS = [
    ("速来 https://shop.my-site.co.uk/x?a=1 领取福利", "速来[…://] 领取福利"),
    ("visit http://bit.ly/abc now, free", "visit […://] now free"),
    ("look @foo @bar 支持 www.x1.com", "look @… 支持[…://]"),
    ("no link at all", "no link at all"),
]


@pytest.mark.parametrize(("text", "quoted"), LINKS)
def test_links_and_names_are_masked_in_quotations(text: str, quoted: str) -> None:
    assert quoted_form(normal_form(text), [text]) == quoted


def test_a_host_that_no_text_tells_is_masked_with_what_follows() -> None:
    form = normal_form("go https://my.secret-shop.com now friends")
    assert quoted_form(form, ["https://other.org now friends"]) == "go […://] now friends"


def test_only_what_a_terminal_acts_on_is_escaped() -> None:
    assert printable("支持\x1b[2J 😂") == "支持\\x1b[2J 😂"
    assert printable("支持" * 3, 4) == "支持支持…"


def test_evidence_of_shared_links_can_be_read(engine: Any, canonical: Any) -> None:
    frames = canonical.world(3)
    n = 30
    said = frames["comment"].head(n).assign(
        comment_id=[f"x:o{i}" for i in range(n)], account_id=[f"x:w{i}" for i in range(n)],
        section_id=frames["comment"].section_id.iloc[0],
        text="http://secret-shop.example.com/u/12345 加微信领取福利名额有限",
    )  # fmt: skip
    frames["comment"] = pd.concat([frames["comment"], said], ignore_index=True)
    tables = canonical.load(engine, frames)
    sections = frames["section"].section_id.tolist()
    told = list(TemplateFamily().explain(engine, tables, {Entity.SECTION: sections}))
    words = [e.statement.zh + e.statement.en for e in told if "加微信" in e.statement.zh]
    assert words
    for said in words:
        assert "“[…://] 加微信领取福利名额有限”" in said
        assert "\\u" not in said
        assert "secret" not in said and "example" not in said


@pytest.mark.parametrize(("creators", "compared"), [(["k", "k", "l"], 1), (["k"] * 3, 0)])
def test_sections_of_the_same_creator_are_not_compared_with(
    engine: Any, canonical: Any, creators: list[str], compared: int
) -> None:
    frames = canonical.world(3)
    ids = sorted(frames["comment"].section_id.unique())[:3]
    said = frames["comment"].head(90).assign(
        comment_id=[f"x:o{i}" for i in range(90)], account_id=[f"x:w{i}" for i in range(90)],
        section_id=[ids[i % 3] for i in range(90)], by_creator=False,
        text=["加微信领取福利名额有限" if i % 3 == 0 else f"看到第{i}遍" for i in range(90)],
    )  # fmt: skip
    frames["comment"] = said
    known = frames["section"].head(3).assign(section_id=ids, creator_id=creators)
    frames["section"] = known
    tables = canonical.load(engine, frames)
    told = list(TemplateFamily().explain(engine, tables, {Entity.SECTION: [ids[0]]}))
    assert told
    assert all(("no section of another" in e.statement.en) == (not compared) for e in told)
