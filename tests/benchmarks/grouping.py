"""How long near-duplicate grouping of short comments takes, and in how much memory, by size.

Run as a script it writes `results/grouping.json`; the test beside it holds the slope.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from zhenzan.detector.peak_memory import peak_memory
from zhenzan.features.template.groups import grouped
from zhenzan.features.template.normal import normal_form

SIZES = (100_000, 1_000_000)
WORDS, TEMPLATES = 20_000, 2_000


def made_up(n: int, seed: int = 0) -> list[str]:
    """Short comments: a quarter stock phrases, a quarter edited templates, half own words.

    Words are as frequent as in Zipf's law; a third of the comments is in Latin script.
    """
    rng = np.random.default_rng(seed)
    points = rng.permutation(3000) + 0x4E00
    chinese = ["".join(map(chr, pair)) for pair in rng.choice(points, (WORDS, 2))]
    syllables = [a + b for a in "bdfghklmnprstvz" for b in "aeiou"]
    latin = ["".join(rng.choice(syllables, k)) for k in rng.integers(1, 4, WORDS)]
    weight = np.cumsum(1 / np.arange(1, WORDS + 1))
    lengths = rng.integers(2, 13, n)

    def draw(k: int) -> list[int]:
        return np.searchsorted(weight, rng.random(k) * weight[-1]).tolist()

    packs = [draw(k) for k in rng.integers(4, 10, TEMPLATES)]
    kind, script = rng.random(n), rng.random(n) < 1 / 3
    pack = np.minimum(rng.pareto(0.8, n) * 3, TEMPLATES - 1).astype(int)
    words, at, out = draw(int(lengths.sum())), 0, []
    for i, k in enumerate(lengths.tolist()):
        own = words[at : at + k]
        at += k
        foreign = bool(script[i])
        if kind[i] < 0.25:
            own = own[:1]
        elif kind[i] < 0.5:
            foreign = bool(pack[i] % 3 == 0)
            template = packs[pack[i]].copy()
            template[own[0] % len(template)] = own[1]
            own = template
        out.append((" " if foreign else "").join((latin if foreign else chinese)[w] for w in own))
    return out


def run(n: int) -> dict[str, float]:
    """Processor seconds to fold and to group n comments, and the peak of this process."""
    grouped(["compile me first", "compile me first!"], np.ones(2, dtype=np.int64))
    comments = made_up(n)
    before = (peak_memory() or 0) / 2**20
    began = time.process_time()
    known: dict[str, int] = {}
    codes = [known.setdefault(normal_form(text), len(known)) for text in comments]
    folded = time.process_time()
    made = grouped(list(known), np.bincount(codes))
    done = time.process_time()
    peak = (peak_memory() or 0) / 2**20
    return {
        "comments": n, "forms": len(known), "templates": len(np.unique(made.leader)),
        "fold_s": round(folded - began, 2), "group_s": round(done - folded, 2),
        "comments_mb": round(before), "peak_mb": round(peak),
    }  # fmt: skip


def apart(n: int) -> dict[str, float]:
    """As `run`, in a process of its own, so that the peak is its own."""
    done = subprocess.run(
        [sys.executable, __file__, str(n)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    if sys.argv[1:]:
        sys.stdout.write(json.dumps(run(int(sys.argv[1]))))
        return
    out = Path(__file__).parent / "results" / "grouping.json"
    out.write_text(json.dumps([apart(n) for n in SIZES], indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
