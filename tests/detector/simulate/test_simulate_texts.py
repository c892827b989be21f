"""Texts: both languages, common short ones everywhere, packs with edits, paraphrase further off."""

from __future__ import annotations

import numpy as np
from rapidfuzz.distance import Levenshtein
from zhenzan.detector.simulate.texts import ordered_texts, organic_texts, titles


def _codes(n: int, language: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full(n, language), np.arange(n) % 8


def test_organic_texts_are_varied_and_complete():
    rng = np.random.default_rng(0)
    for language in (0, 1):
        texts = organic_texts(rng, *_codes(2_000, language))
        assert all(texts)
        assert not any("{" in t for t in texts)
        assert len(set(texts)) > 0.5 * len(texts)
        assert 0.1 < np.mean([len(t) < 10 for t in texts]) < 0.6


def test_titles_name_a_topic():
    assert all("{" not in t for t in titles(np.random.default_rng(1), *_codes(200, 0)))


def test_packs_are_near_duplicates_and_paraphrase_is_further_off():
    rng = np.random.default_rng(2)

    def nearness(texts: list[str]) -> float:
        return float(
            np.median(
                [
                    max(Levenshtein.normalized_similarity(a, b) for b in texts if b is not a)
                    for a in texts[:40]
                ]
            )
        )

    for language in (0, 1):
        pack = ordered_texts(rng, language, 0, 80)
        free = ordered_texts(rng, language, 0, 80, paraphrase=True)
        assert len(set(pack)) > 8
        assert nearness(pack) > nearness(free)
    assert "支持!+1" in ordered_texts(rng, 0, 0, 200)
