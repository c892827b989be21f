"""The outcome of a scan on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from zhenzan.detector.cli.common import columns, say
from zhenzan.detector.cli.words import BANDS, WORDS, singular
from zhenzan.detector.terminal import clean

__all__ = ["book_lines", "megabytes", "print_overview", "rounded"]

_REASONS_SHOWN: Final = 5


def rounded(value: float | None, digits: int = 2) -> str:
    """A number for people; `–` where there is none."""
    if value is None or value != value:
        return "–"
    return f"{value:,.{digits}f}"


def megabytes(count: int | None) -> str:
    """Bytes for people; `–` where unknown."""
    return "–" if count is None else f"{count / 1e6:,.0f} MB"


def print_overview(found: Mapping[str, Any], lang: str) -> None:
    """Prints what `summarise` found."""
    for line in _lines(found, WORDS[lang], lang):
        say(line)


def book_lines(
    found: Mapping[str, Any], words: Mapping[str, str], most: int | None = None
) -> Iterator[str]:
    """What became of the rows: `rows`, then at most so many `rejections` and `notes`."""
    yield singular(words["read"].format(**found["rows"]))
    colon = words["colon"]
    for key, kind in (("rejections", "rejected"), ("notes", "noted")):
        for entry in found[key][:most]:
            count = str(entry["count"])
            if entry["examples"]:
                example = _examples(entry)
                count = words["brackets"].format(outer=count, inner=example)
            table = entry["table"] and entry["table"] + words["comma"]
            yield f"  {words[kind]}{colon}{table}{clean(entry['reason'], 120)}{colon}{count}"
        if most is not None and len(found[key]) > most:
            yield "  " + words["more"].format(n=len(found[key]) - most)


def _examples(entry: Mapping[str, Any]) -> str:
    """The first row that is meant; where files are meant, all that are kept."""
    examples = entry["examples"] if not entry["table"] else entry["examples"][:1]
    shown = ", ".join(clean(example, 80) for example in examples)
    return shown + (", …" if not entry["table"] and entry["count"] > len(examples) else "")


def _lines(found: Mapping[str, Any], words: Mapping[str, str], lang: str) -> Iterator[str]:
    yield from book_lines(found, words, _REASONS_SHOWN)
    yield singular(words["counts"].format(**found["counts"]))
    for name, why in found["families"]["skipped"].items():
        yield f"  {words['skipped']}{words['colon']}{name}{words['colon']}{why[lang]}"
    yield ""
    yield words["bands"]
    bands = ((name, str(n), BANDS[lang][name]) for name, n in found["bands"].items())
    for line in columns(bands, right=[1]):
        yield f"  {line}"
    yield ""
    yield from _top(found, words)
    yield ""
    yield from _insight(found.get("best_insight"), words, lang)
    memory = megabytes(found["peak_memory_bytes"])
    yield words["seconds"].format(seconds=sum(found["seconds"].values()), memory=memory)
    yield words["written"].format(path=clean(found["scan"]))
    yield words["next"].format(path=clean(found["scan"]))
    yield words["caution"]


def _insight(best: Mapping[str, Any] | None, words: Mapping[str, str], lang: str) -> Iterator[str]:
    """Two lines: the first insight for a creator, and where the others are."""
    if best is None:
        return
    whom = words["insight"]
    if best["subject"]["kind"] != "creator":
        whom = words["brackets"].format(outer=whom, inner=clean(best["subject"]["id"], 40))
    yield f"{whom}{words['colon']}{clean(best['sentence'][lang], 300)}"
    yield words["insights"]
    yield ""


def _amount(row: Mapping[str, Any]) -> list[str]:
    """Estimate and interval; none where the section received no act that could be attributed."""
    if not row["n_engagements"]:
        return ["–", "–"]
    low, high = (rounded(row[f"n_purchased_{end}"], 0) for end in ("lo", "hi"))
    return [rounded(row["n_purchased"], 0), f"{low}–{high}"]


def _top(found: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    if not found["top_sections"]:
        nothing = found["counts"]["sections"] == found["bands"]["insufficient_data"]
        yield words["unjudged" if nothing else "none"]
        return
    yield words["top"].format(n=found["n_notable"])
    rows = [words["header"].split("|")]
    rows += [
        [
            clean(row["section_id"], 50),
            row["band"],
            rounded(row["score"]),
            *_amount(row),
            rounded(row["n_engagements"], 0),
        ]
        for row in found["top_sections"]
    ]
    for line in columns(rows, right=[2, 3, 4, 5]):
        yield f"  {line}"
