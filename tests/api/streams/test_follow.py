"""Sections judged as they grow: the same as judging everything at once, whatever came when."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import Stream, StreamSection
from zhenzan.api.streams.appended import backlog, commit_batch, name_stream
from zhenzan.api.streams.follow import Passed, follow, held_alone
from zhenzan.api.streams.intake import take_in
from zhenzan.api.streams.judge import in_turn
from zhenzan.api.streams.segments import Segments
from zhenzan.detector import scan
from zhenzan.detector.judge_sections import judge_sections
from zhenzan.detector.simulate import simulate
from zhenzan.features.engine import open_engine
from zhenzan.models.attribution import Reference, attribute

NOW_MS = 1_790_000_000_000
Body = Callable[[list[str]], Path]


class Log:
    """A stream below HTTP."""

    def __init__(self, database: Database, folder: Path, body: Body) -> None:
        self.database, self.folder, self._body = database, folder, body
        self._sent = 0
        with database.session() as session:
            self.stream = name_stream(session, "default", "s", None, NOW_MS)[0]

    def send(self, lines: list[str]) -> None:
        self._sent += 1
        place = self.folder / "pending" / f"b{self._sent}"
        taken = take_in(self._body(lines), "json", "engagement", place, NOW_MS)
        commit_batch(self.database, self.stream, f"b{self._sent}", "0", taken, NOW_MS, place.name)

    def follow(self, reference: Reference | None, **options: Any) -> Passed | None:
        with self.database.reading() as session:
            stream = session.get_one(Stream, self.stream.id)
        with held_alone(self.folder) as alone:
            assert alone
            judge = None if reference is None else in_turn(reference)
            return follow(self.database, stream, self.folder, judge, lambda: NOW_MS, **options)

    def told(self) -> dict[str, dict[str, Any]]:
        with self.database.reading() as session:
            return {row.section_id: row.told for row in session.query(StreamSection)}

    def left(self) -> int:
        with self.database.reading() as session:
            return backlog(session, session.get_one(Stream, self.stream.id)).n_rows


@pytest.fixture
def log(settings: Settings, tmp_path: Path, body: Body) -> Any:
    database = Database(settings.database_url)
    database.migrate()
    yield Log(database, tmp_path / "stream", body)
    database.close()


def test_touched_sections_alone_give_what_all_at_once_gives(
    log: Log,
    lines: list[str],
    reference: Reference,
    small_world: dict[str, pd.DataFrame],
    canonical: ModuleType,
) -> None:
    rng = np.random.default_rng(5)
    order = rng.permutation(len(lines)).tolist()
    mixed = [lines[n] for n in order] + [lines[n] for n in order[:200]]  # some come twice
    passes = []
    for part in np.array_split(np.array(mixed, object), 9):
        log.send(part.tolist())
        if rng.random() < 0.5:
            passes.append(log.follow(reference))
    passes.append(log.follow(reference))
    assert log.left() == 0 and log.follow(reference) is None
    assert sum(p.taken for p in passes if p) == len(mixed)
    assert not list((log.folder / "pending").iterdir())

    with open_engine() as engine:
        tables = canonical.load(engine, small_world)
        whole = judge_sections(engine, tables, reference).to_pylist()
        sums = attribute(engine, tables, reference=reference).sections.to_pylist()
    assert log.told() == json.loads(json.dumps({row["section_id"]: row for row in whole}))
    for row in sums:  # what a scan under the reference writes into its sections
        for name in ("n_engagements", "n_purchased", "n_purchased_lo", "n_purchased_hi"):
            assert log.told()[row["section_id"]][name] == row[name]
    assert sum(row["n_purchased"] > 5 for row in whole) >= 8


def test_only_touched_sections_are_judged_again(
    log: Log, lines: list[str], reference: Reference
) -> None:
    log.send(lines)
    first = log.follow(reference)
    assert first is not None and first.sections == 60
    one = [line for line in lines if '"s001"' in line][-1].replace(
        '"account_id": "', '"account_id": "x'
    )
    log.send([one.replace('"engagement_id": "', '"engagement_id": "y')])
    before = log.told()
    again = log.follow(reference)
    assert again is not None and again.sections == 1
    after = log.told()
    assert after["s001"]["n_engagements"] == before["s001"]["n_engagements"] + 1
    assert {k: v for k, v in after.items() if k != "s001"} == {
        k: v for k, v in before.items() if k != "s001"
    }


@pytest.mark.parametrize(
    "stop",
    [
        "before the end",
        pytest.param("before judging", marks=pytest.mark.slow),
        pytest.param("after sorting in", marks=pytest.mark.slow),
    ],
)
def test_a_killed_pass_is_done_again(
    log: Log, lines: list[str], reference: Reference, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    import zhenzan.api.streams.follow as module

    def killed(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    log.send(lines)
    name = {"before judging": "parts", "after sorting in": "touched"}.get(stop, "_judged")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(module, name, killed)
        log.follow(reference)
    (log.folder / "segments" / "engagement-0-99999999.parquet").write_bytes(b"half")
    assert log.left() == len(lines)
    done = log.follow(reference)
    assert done is not None and done.sections == 60
    assert log.left() == 0
    acts = sum(row["n_engagements"] for row in log.told().values())
    assert acts == sum('"ts_ms"' in line for line in lines)


def test_another_reference_judges_everything_anew(
    log: Log, lines: list[str], reference: Reference
) -> None:
    log.send(lines)
    waiting = log.follow(None)
    assert waiting is not None and waiting.sections == 0 and not log.told()
    with log.database.session() as session:
        stream = session.get_one(Stream, log.stream.id)
        stream.state = {"anew": True}
    done = log.follow(reference)
    assert done is not None and done.sections == 60 == len(log.told())
    assert log.follow(reference) is None


def test_sections_without_rows_are_forgotten_when_all_is_judged_anew(
    log: Log, lines: list[str], reference: Reference
) -> None:
    log.send(lines)
    log.follow(reference)
    kept = log.told()
    Segments(log.folder).rewrite(lambda _, rows: pc.not_equal(rows["section_id"], "s001"))
    with log.database.session() as session:
        session.get_one(Stream, log.stream.id).state = {"anew": True}
    log.follow(reference)
    del kept["s001"]
    assert log.told() == kept


def test_one_process_at_a_time(log: Log) -> None:
    with held_alone(log.folder) as first, held_alone(log.folder) as second:
        assert first and not second
    with held_alone(log.folder) as third:
        assert third


@pytest.mark.slow
def test_the_sums_are_those_of_a_scan_under_the_reference(log: Log, tmp_path: Path) -> None:
    world = simulate(tmp_path / "world", scenario="demo", scale=8_000, seed=4).path
    given = tmp_path / "given"
    given.mkdir()
    lines = []
    for name in ("engagement", "comment", "section"):
        rows = pq.read_table(world / f"{name}.parquet").to_pylist()
        told = [{k: v for k, v in row.items() if v is not None} for row in rows]
        (given / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in told), "utf-8")
        lines += [json.dumps({**row, "table": name}) for row in told]
    first = scan(given, tmp_path / "first", source="canonical", now_ms=NOW_MS)
    whole = scan(
        given, tmp_path / "second", source="canonical", reference=first.path, now_ms=NOW_MS
    )
    reference = Reference.load(first.learnt)
    rng = np.random.default_rng(3)
    for part in np.array_split(np.array(lines, object)[rng.permutation(len(lines))], 5):
        log.send(part.tolist())
        log.follow(reference)
    columns = ["n_engagements", "n_purchased", "n_purchased_lo", "n_purchased_hi", "n_comments"]
    found = pd.DataFrame(list(log.told().values())).set_index("section_id").sort_index()
    expected = whole.sections.set_index("section_id").sort_index()
    pd.testing.assert_frame_equal(found[columns], expected[columns], check_exact=True)
    assert (expected["n_purchased"] > 1).sum() > 5
