"""The documentation lists every feature as its spec has it."""

from __future__ import annotations

from pathlib import Path

from zhenzan.features.docs import families_table
from zhenzan.features.families import families

PAGE = Path(__file__).parents[2] / "docs" / "features.md"
BEGIN, END = "<!-- families_table -->\n", "<!-- end -->\n"


def test_page_holds_the_table_of_the_built_in_families():
    built_in = [f for f in families() if type(f).__module__.startswith("zhenzan.features.")]
    page = PAGE.read_text("utf-8")
    shown = page.partition(BEGIN)[2].partition(END)[0]
    assert shown == families_table(built_in)


def test_every_feature_and_its_meaning_are_there():
    table = families_table(families())
    for family in families():
        for spec in family.specs:
            assert f"`{family.name}__{spec.name}`" in table and spec.text.zh in table
