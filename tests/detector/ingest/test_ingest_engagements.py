"""Merging against a slow oracle: one account at a time, one row at a time."""

from __future__ import annotations

import hashlib
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BASE = 1_700_000_000_000
HEADER = "kind,section_id,comment_id,account_id,ts_ms\n"
ACT = st.tuples(
    st.sampled_from(["like", "unlike", "star"]),
    st.sampled_from(["s1", "s2"]),
    st.sampled_from(["", "c1"]),
    st.sampled_from(["", "a", "b"]),
    st.one_of(st.integers(0, 6), st.none()),
)


def oracle(acts: list[tuple[str, str, str, str, int | None]]) -> tuple[set[tuple[Any, ...]], int]:
    """(kind, section, comment, account, time, retracted, occurrence) of every act, and orphans."""
    found: set[tuple[Any, ...]] = set()
    orphans = 0

    def key(act: tuple[str, str, str, str, int | None]) -> tuple[str, ...]:
        return (act[0].removeprefix("un"), *act[1:4])

    def when(act: tuple[str, str, str, str, int | None]) -> tuple[int, int, bool]:
        undo, time = act[0] == "unlike", act[4]
        return (2 * undo if time is None else 1, time or 0, undo)

    for (kind, section, comment, account), group in groupby(sorted(acts, key=key), key):
        rows = sorted(group, key=when)
        if not account:
            orphans += sum(r[0] == "unlike" for r in rows)
            times = sorted((r[4] for r in rows if r[0] != "unlike"), key=lambda t: (t is None, t))
            for n, time in enumerate(times, 1):
                found.add((kind, section, comment, "", time, None, n))
            continue
        nth, is_open, times_seen, retracted = 0, False, {}, {}
        for row in rows:
            if row[0] != "unlike":
                nth += not is_open
                is_open = True
                times_seen.setdefault(nth, []).append(row[4])
            elif nth == 0:
                orphans += 1
            else:
                is_open = False
                retracted.setdefault(nth, []).append(row[4])
        for n, seen in times_seen.items():
            known = [t for t in seen if t is not None]
            undone = [t for t in retracted.get(n, []) if t is not None]
            found.add(
                (kind, section, comment, account, min(known) if known else None,
                 min(undone) if undone else None, n)
            )  # fmt: skip
    return found, orphans


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(ACT, min_size=1, max_size=40), order=st.randoms())
def test_agrees_with_the_slow_version(
    run: Any, tmp_path: Path, acts: list[tuple[str, str, str, str, int | None]], order: Any
) -> None:
    acts = [("like", "s0", "", "z", 0), *acts]
    order.shuffle(acts)
    lines = "".join(f"{k},{s},{c},{a},{'' if t is None else BASE + t}\n" for k, s, c, a, t in acts)
    path = tmp_path / "engagement.csv"
    path.write_text(HEADER + lines)
    done = run(path)
    found = {
        (
            r["kind"], r["section_id"], r["comment_id"] or "", r["account_id"] or "",
            None if r["ts_lo_ms"] is None else r["ts_lo_ms"] - BASE,
            None if r["retracted_lo_ms"] is None else r["retracted_lo_ms"] - BASE,
            r["occurrence"],
        )
        for r in done["engagement"]
    }  # fmt: skip
    expected, orphans = oracle(acts)
    assert found == expected
    assert done.rows.rejected == orphans
    assert len({r["engagement_id"] for r in done["engagement"]}) == len(expected)


def test_drop_and_refill_survives(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.csv"
    rows = [("like", 0), ("unlike", 10), ("like", 20), ("like", 21), ("unlike", 30), ("unlike", 31)]
    path.write_text(HEADER + "".join(f"{k},s,,a,{BASE + t}\n" for k, t in rows))
    done = run(path)
    found = [
        (r["occurrence"], r["ts_lo_ms"] - BASE, r["retracted_lo_ms"] - BASE)
        for r in done["engagement"]
    ]
    assert found == [(1, 0, 10), (2, 20, 30)]
    assert (done.rows.kept, done.rows.merged) == (2, 4)


def test_an_unlike_without_a_number_closes_the_numbered_like(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.csv"
    path.write_text(
        "kind,section_id,account_id,ts_ms,occurrence\n"
        f"like,s,a,{BASE},1\nunlike,s,a,{BASE + 10},\nlike,s,a,{BASE + 20},2\n"
        f"unlike,s,a,{BASE + 30},\nlike,s,b,{BASE},1\nunlike,s,b,,\n"
        f"unlike,s,c,{BASE},\nlike,s,c,{BASE + 1},1\n"
    )
    done = run(path)
    found = {
        (r["account_id"], r["occurrence"]): None
        if r["retracted_lo_ms"] is None
        else r["retracted_lo_ms"] - BASE
        for r in done["engagement"]
    }
    assert found == {("a", 1): 10, ("a", 2): 30, ("b", 1): None, ("c", 1): None}
    assert done.rows.rejected == 1  # c takes back what was never seen


def test_the_better_known_time_wins(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.csv"
    rows = [("", ""), (BASE, BASE + 9000), (BASE + 5000, BASE + 5000), (BASE + 6000, BASE + 6000)]
    path.write_text(
        "kind,section_id,account_id,ts_lo_ms,ts_hi_ms\n"
        + "".join(f"like,s,a,{lo},{hi}\n" for lo, hi in rows)
    )
    (row,) = run(path)["engagement"]
    assert (row["ts_lo_ms"], row["ts_hi_ms"]) == (BASE + 5000, BASE + 5000)


def test_an_empty_moment_leaves_the_interval(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.csv"
    path.write_text(
        "kind,section_id,account_id,ts_ms,ts_lo_ms,ts_hi_ms\n"
        f"like,s,a,{BASE},,\nlike,s,b,,{BASE + 1},{BASE + 9}\nlike,s,c,,,\n"
        f"like,s,d,{BASE + 5},{BASE + 1},{BASE + 9}\nlike,s,e,{BASE},{BASE},{BASE}\n"
    )
    done = run(path)
    found = {r["account_id"]: (r["ts_lo_ms"], r["ts_hi_ms"]) for r in done["engagement"]}
    assert found == {
        "a": (BASE, BASE), "b": (BASE + 1, BASE + 9), "c": (None, None),
        "d": (BASE + 5, BASE + 5), "e": (BASE, BASE),
    }  # fmt: skip
    (note,) = done.notes.values()
    assert "ts_ms is not the time of" in note.reason
    assert note.examples == ("engagement.csv:5",)


def test_our_own_rows_come_back_unchanged(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.csv"
    path.write_text(
        "engagement_id,kind,section_id,account_id,ts_ms,retracted_lo_ms,retracted_hi_ms,occurrence\n"
        f"e1,like,s,a,{BASE},{BASE + 5},{BASE + 5},1\n"
        f"e2,like,s,a,{BASE + 9},,,2\n"
        f"e3,like,s,,{BASE},,,\n"
        f"e3,like,s,,{BASE},,,\n"
    )
    rows = {r["engagement_id"]: r for r in run(path)["engagement"]}
    assert set(rows) == {"e1", "e2", "e3"}
    assert rows["e1"]["retracted_hi_ms"] == BASE + 5
    assert rows["e2"]["occurrence"] == 2


def test_an_id_that_two_acts_share_is_nobodys(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "engagement.csv"
    path.write_text(
        "engagement_id,kind,section_id,account_id,ts_ms\n"
        f"1,like,s,a,{BASE}\n1,like,s,b,{BASE}\n2,like,s,c,{BASE}\n"
    )
    ids = {r["account_id"]: r["engagement_id"] for r in run(path)["engagement"]}
    assert ids["c"] == "2"
    text = "\x1f".join(["like", "s", "", "a", str(BASE), "1"])
    assert ids["a"] == hashlib.md5(text.encode()).hexdigest() != ids["b"]


@pytest.mark.parametrize("key", [b"0123456789abcdef", b"another key of a user"])
def test_the_same_acts_whatever_the_key(run: Any, tmp_path: Path, key: bytes) -> None:
    path = tmp_path / "engagement.csv"
    path.write_text(HEADER + "".join(f"like,s,,a{i % 5},{BASE + i}\n" for i in range(9)))
    (tmp_path / "k").write_bytes(key)
    done = run(path, ids="hash", key_file=tmp_path / "k")
    assert sorted(r["ts_lo_ms"] - BASE for r in done["engagement"]) == [0, 1, 2, 3, 4]
    assert all(r["account_id"].startswith("internal:") for r in done["engagement"])
    assert {r["account_id"] for r in done["account"]} == {
        r["account_id"] for r in done["engagement"]
    }
