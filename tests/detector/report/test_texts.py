from __future__ import annotations

import re
from importlib import resources
from string import Formatter

import pytest
from zhenzan.detector.cli.words import WORDS, singular
from zhenzan.detector.report.texts import LANGUAGES, load_texts
from zhenzan.detector.results import BANDS
from zhenzan.features.errors import UsageError
from zhenzan.features.tables import CONTEXT_KINDS

# words.md: the strongest words in output are "likely purchased" and "suspected".
BANNED = re.compile(r"\b(fake|fraud|fraudster|bots?|troll|attack|proven|guilty|cheat)\w*", re.I)
BANNED_ZH = ("刷赞", "作弊", "造假", "水军", "机器人", "僵尸", "攻击", "证实")


SINGULAR = (".one", ".only")


def slots(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_both_languages_have_the_same_keys_and_slots() -> None:
    zh, en = (load_texts(language).entries for language in LANGUAGES)
    assert set(zh) == {key for key in en if not key.endswith(SINGULAR)}
    for key in zh:
        assert slots(zh[key]) == slots(en[key]), key


def test_singular_forms_belong_to_a_plural_and_need_no_more_slots() -> None:
    entries = load_texts("en").entries
    for key in entries:
        for ending in SINGULAR:
            if key.endswith(ending):
                assert slots(entries[key]) <= slots(entries[key.removesuffix(ending)])


def test_one_of_one_is_told_as_the_one() -> None:
    texts = load_texts("en")
    for name in ("top", "unusual", "explained", "organic", "insufficient"):
        assert "section" in texts(f"summary.{name}", n=1, total=1)
        assert "1 " not in texts(f"summary.{name}", n=1, total="1")
    assert texts("summary.top", n=1, total=7).startswith("One of 7 sections")
    assert texts("template.card", n=2, authors=1) == "2 comments by one account"
    assert texts("comments.all", n=3).startswith("All 3 comments")


def test_terminal_lines_have_singulars() -> None:
    words = WORDS["en"]["read"].format(read=1, kept=1, merged=11, rejected=1, skipped=0)
    assert singular(words).startswith("1 row read: 1 kept, 11 duplicates merged")
    counts = WORDS["en"]["counts"].format(sections=1, accounts=21, comments=1, engagements=1)
    assert singular(counts) == "1 section, 21 accounts, 1 comment, 1 engagement"


def test_no_sentence_says_more_than_likely_purchased() -> None:
    for sentence in load_texts("en").entries.values():
        assert not BANNED.search(sentence), sentence
    for sentence in load_texts("zh").entries.values():
        assert not any(word in sentence for word in BANNED_ZH), sentence


def test_every_band_and_context_has_words() -> None:
    for language in LANGUAGES:
        entries = load_texts(language).entries
        for band in BANDS:
            for key in ("band", "band.short", "section.headline"):
                assert entries[f"{key}.{band}"]
        for kind in CONTEXT_KINDS:
            assert entries[f"context.{kind}"]


def test_every_key_that_code_or_templates_name_exists_and_none_is_left_over() -> None:
    package = resources.files("zhenzan.detector.report")
    sources = [f.read_text("utf-8") for f in package.iterdir() if f.name.endswith(".py")]
    folder = resources.files("zhenzan.detector.report.templates")
    sources += [f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".j2")]
    named = set(re.findall(r"""['"]([a-z_]+(?:\.[a-z_]+)+)['"]""", "\n".join(sources)))
    known = set(load_texts("zh").entries)
    prefixes = set(re.findall(r"""['"]([a-z_]+(?:\.[a-z_]+)*\.)['"{]""", "\n".join(sources)))
    stray = {
        key
        for key in known
        if key not in named and not any(key.startswith(prefix) for prefix in prefixes)
        if key not in {"none", "footer", "skip"}
    }
    assert stray == set()


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="zh, en"):
        load_texts("fr")


def test_one_takes_the_singular() -> None:
    texts = load_texts("en")
    assert texts("curve.more", n=1).startswith("One ")
    assert texts("curve.more", n=2).startswith("2 ")
