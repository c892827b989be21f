"""Bluesky: reviewed rows of every shape, the clocks, deletions over files, hostile lines, speed."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner
from zhenzan.detector.cli.main import app
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.detector.sources import ReadOptions, Rejected, Rows, sniff
from zhenzan.detector.sources.bluesky import Bluesky
from zhenzan.detector.sources.bluesky.acts import Act, Acts
from zhenzan.detector.sources.bluesky.clock import believed
from zhenzan.detector.sources.bluesky.events import Events
from zhenzan.detector.sources.bluesky.names import Address, address_of, keys_ms, post_id
from zhenzan.detector.sources.bluesky.records import Records
from zhenzan.detector.sources.bluesky.wire import wire_act
from zhenzan.detector.sources.files import probe
from zhenzan.detector.sources.idtime import tid_ms
from zhenzan.features.engine import open_engine
from zhenzan.features.tables import TABLES

FIXTURES = Path(__file__).parent / "fixtures" / "bluesky"
GOLDEN = Path(__file__).parent / "golden" / "bluesky"
FILES = sorted(p.name for p in FIXTURES.iterdir())
LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
T = 1_725_911_162_000


def canonical(paths: list[Path], work: Path, **more: Any) -> dict[str, Any]:
    """Tables as lists of rows without what is NULL, and the books."""
    work.mkdir(exist_ok=True)
    (work / "key").write_text("0123456789abcdef")
    options = IngestOptions(
        now_ms=1_790_000_000_000, observed_at_ms=1_765_000_000_000, key_file=work / "key", **more
    )
    tables = {}
    with open_engine() as engine:
        done = ingest(paths, engine, options, work_dir=work / "tables")
        for name, relation in done.tables.items():
            if name != "dataset":
                rows = engine.fetch(relation, order_by=TABLES[name].key).to_pylist()
                tables[name] = [
                    {k: v for k, v in row.items() if v is not None and k != "dataset_id"}
                    for row in rows
                ]
    lost = {f"{r.table}: {r.reason}": [r.count, *r.examples] for r in done.rejections}
    notes = {f"{r.table}: {r.reason}": r.count for r in done.notes}
    n = done.rows
    assert n.read == n.kept + n.merged + n.rejected + n.skipped
    books = [n.read, n.kept, n.merged, n.rejected, n.skipped]
    return {"tables": tables, "rejected": lost, "notes": notes, "rows": books}


@pytest.mark.parametrize("name", FILES)
def test_rows_are_those_that_were_reviewed(name: str, tmp_path: Path) -> None:
    assert sniff(FIXTURES / name).name == "bluesky"
    expected = json.loads((GOLDEN / f"{name}.golden.json").read_text("utf-8"))
    assert json.loads(json.dumps(canonical([FIXTURES / name], tmp_path))) == expected


def test_nobody_can_be_read_from_the_rows(tmp_path: Path) -> None:
    found = json.dumps(canonical([FIXTURES / n for n in FILES], tmp_path)["tables"])
    for private in ("did:", "plc", "Secret", ".test", "cdn", "at://"):
        assert private not in found


def test_both_versions_of_the_stream_give_the_same_rows(tmp_path: Path) -> None:
    one = canonical([FIXTURES / "jetstream1.jsonl"], tmp_path / "a")["tables"]
    two = canonical([FIXTURES / "jetstream2.jsonl"], tmp_path / "b")["tables"]
    assert one == two


def tid(ms: int, clock: int = 7) -> str:
    value, text = (ms * 1000 << 10) | clock, ""
    for _ in range(13):
        text, value = LETTERS[value & 31] + text, value >> 5
    return text


def commit(did: str, ms: int, operation: str, collection: str, rkey: str, **record: Any) -> str:
    body: dict[str, Any] = {"operation": operation, "collection": f"app.bsky.feed.{collection}"}
    body["rkey"] = rkey
    if record:
        body["record"] = record
    event = {"did": did, "time_us": ms * 1000, "kind": "commit", "commit": body}
    return json.dumps(event, separators=(",", ":"))


def uri(did: str, rkey: str) -> str:
    return f"at://{did}/app.bsky.feed.post/{rkey}"


def like(did: str, ms: int, subject: str, rkey: str | None = None, **more: Any) -> str:
    ref = {"cid": "b", "uri": subject}
    return commit(did, ms, "create", "like", rkey or tid(ms), subject=ref, **more)


def written(folder: Path, *lines: str, name: str = "a.jsonl") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder / name


ROOT, REPLY = uri("did:plc:me", tid(T)), uri("did:plc:ann", tid(T + 5))
REFS = {"root": {"uri": ROOT}, "parent": {"uri": ROOT}}


def test_a_deletion_takes_back_a_like_of_another_file(tmp_path: Path) -> None:
    monday = written(tmp_path / "in", like("did:plc:a", T + 10, ROOT, "3kkkkkkkkkkk2"))
    gone = commit("did:plc:a", T + 9000, "delete", "like", "3kkkkkkkkkkk2")
    other = commit("did:plc:b", T + 9000, "delete", "like", "3kkkkkkkkkkk2")
    friday = written(tmp_path / "in", gone, other, name="b.jsonl")
    found = canonical([friday, monday], tmp_path / "w")
    (act,) = found["tables"]["engagement"]
    assert (act["ts_lo_ms"], act["retracted_lo_ms"]) == (T + 10, T + 9000)
    assert found["rejected"] == {} and found["rows"] == [3, 1, 1, 0, 1]
    # The key of a deletion is older than the deletion: its clock is not to blame.
    assert found["notes"] == {
        ": left out: deletions of acts that no file holds": 1,
        "engagement: the client's clock and the witness disagree by more than two minutes": 1,
    }


def test_two_accounts_with_one_key_do_not_take_back_each_others_likes(tmp_path: Path) -> None:
    lines = [like(f"did:plc:{who}", T + 10, ROOT, "3kkkkkkkkkkk2") for who in "ab"]
    lines.append(commit("did:plc:b", T + 900, "delete", "like", "3kkkkkkkkkkk2"))
    acts = canonical([written(tmp_path, *lines)], tmp_path / "w")["tables"]["engagement"]
    assert len(acts) == len({a["engagement_id"] for a in acts}) == 2
    assert sum("retracted_lo_ms" in a for a in acts) == 1


def test_a_like_given_again_is_the_second_occurrence(tmp_path: Path) -> None:
    lines = [
        like("did:plc:a", T + 10, ROOT), commit("did:plc:a", T + 20, "delete", "like", tid(T + 10)),
        like("did:plc:a", T + 30, ROOT),
    ]  # fmt: skip
    acts = canonical([written(tmp_path, *lines)], tmp_path / "w")["tables"]["engagement"]
    assert [(a["occurrence"], a["ts_lo_ms"], a.get("retracted_lo_ms")) for a in acts] == [
        (1, T + 10, T + 20), (2, T + 30, None),
    ]  # fmt: skip


@pytest.mark.parametrize("same_file", [True, False])
def test_a_like_of_a_reply_finds_its_comment_whatever_comes_first(
    same_file: bool, tmp_path: Path
) -> None:
    reply = commit("did:plc:ann", T + 20, "create", "post", tid(T + 5), text="hi", reply=REFS)
    liked = like("did:plc:b", T + 10, REPLY)
    if same_file:
        paths = [written(tmp_path / "in", liked, reply)]
    else:
        paths = [written(tmp_path / "in", liked), written(tmp_path / "in", reply, name="b.jsonl")]
    tables = canonical(paths, tmp_path / "w")["tables"]
    (act,), (comment,) = tables["engagement"], tables["comment"]
    assert act["comment_id"] == comment["comment_id"]
    assert act["section_id"] == comment["section_id"]
    assert [s["section_id"] for s in tables["section"]] == [comment["section_id"]]


def test_a_reply_that_no_file_shows_stays_a_section_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, like("did:plc:b", T + 10, REPLY))
    tables = canonical([path], tmp_path / "w")["tables"]
    assert "comment_id" not in tables["engagement"][0]
    assert tables["section"][0]["creator_id"].startswith("bluesky:")


def test_other_platforms_sections_are_never_moved(tmp_path: Path) -> None:
    """Numbers of posts and comments may be the same elsewhere."""
    (tmp_path / "engagement.csv").write_text(
        "kind,section_id,account_id,ts_ms\nlike,7,a,1700000000000\n"
    )
    (tmp_path / "comment.csv").write_text("comment_id,section_id,text\n7,9,x\n")
    stream = written(tmp_path, like("did:plc:b", T + 10, ROOT))
    paths = [tmp_path / "engagement.csv", tmp_path / "comment.csv", stream]
    acts = canonical(paths, tmp_path / "w")["tables"]["engagement"]
    assert [a for a in acts if a["section_id"] == "7" and "comment_id" not in a]


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_packed_streams_are_read_and_a_cut_is_told(packing: str, tmp_path: Path) -> None:
    plain = (FIXTURES / "jetstream1.jsonl").read_bytes() * 50
    packed = gzip.compress(plain) if packing == "gz" else pa.compress(plain, "zstd", asbytes=True)
    (tmp_path / f"s.jsonl.{packing}").write_bytes(packed)
    items = list(Bluesky().read(probe(tmp_path / f"s.jsonl.{packing}"), ReadOptions()))
    whole = sum(i.data.num_rows for i in items if isinstance(i, Rows) and not i.derived)
    assert whole == 50 * 15
    (tmp_path / f"cut.jsonl.{packing}").write_bytes(packed[: len(packed) - 20])
    seen = probe(tmp_path / f"cut.jsonl.{packing}")
    assert any("cut off" in i.reason for i in Bluesky().read(seen, ReadOptions())
               if isinstance(i, Rejected))  # fmt: skip


@given(st.integers(1_104_537_600_000, 4_102_444_799_999), st.integers(0, 1023))
def test_keys_tell_the_time_that_was_built_into_them(ms: int, clock: int) -> None:
    key = tid(ms, clock)
    assert tid_ms(key) == ms
    assert keys_ms([key, "self", key]).tolist() == [ms, -1, ms]


@given(st.text(max_size=15))
def test_both_readers_of_keys_agree_on_anything(key: str) -> None:
    assert keys_ms([key])[0] == (tid_ms(key) if tid_ms(key) is not None else -1)


@given(st.text(max_size=40))
def test_addresses_are_three_parts_or_none(text: str) -> None:
    found = address_of(text)
    assert found is None or "at://" + "/".join(found) == text


def test_ids_hold_the_key_and_not_the_author() -> None:
    one = post_id(Address("did:plc:a", "app.bsky.feed.post", "3kk"))
    two = post_id(Address("did:plc:b", "app.bsky.feed.post", "3kk"))
    feed = post_id(Address("did:plc:a", "app.bsky.feed.generator", "3kk"))
    assert one != two and one.startswith("3kk~") and len({one, two, feed}) == 3
    assert "plc" not in one + two + feed


class TestClocks:
    made = np.arange(T, T + 100_000, 1000)

    def test_live_times_are_the_witness(self) -> None:
        told = believed(self.made + 300, self.made)
        assert told.verdict == "live" and (told.lo_ms == self.made + 300).all()

    def test_one_liar_stays_where_the_witness_saw_it(self) -> None:
        lying = self.made.copy()
        lying[3] -= 86_400_000 * 900
        told = believed(self.made + 300, lying)
        assert told.verdict == "live" and told.doubted == [3]
        assert told.lo_ms[3] == told.hi_ms[3] == self.made[3] + 300

    def test_a_constant_delay_is_the_witness_clock(self) -> None:
        told = believed(self.made + 7_200_000, self.made)
        assert told.verdict == "shifted" and (told.lo_ms == self.made).all()

    def test_a_backfill_is_no_burst(self) -> None:
        months = self.made - np.arange(100) ** 2 * 3_600_000 - 86_400_000
        told = believed(self.made, months)
        assert told.verdict == "backfilled"
        assert (told.lo_ms == months).all() and (told.hi_ms == self.made).all()

    def test_a_few_acts_cannot_outvote_the_witness(self) -> None:
        told = believed(self.made[:19], self.made[:19] - 10**10)
        assert told.verdict == "live" and told.doubted == list(range(19))

    def test_an_act_without_any_clock_has_no_time(self) -> None:
        told = believed(np.array([-1, -1]), np.array([-1, T]))
        assert told.lo_ms.tolist() == told.hi_ms.tolist() == [-1, T]


def parsed(line: str) -> list[Act]:
    acts = Acts()
    Events(acts, Records(acts)).take(1, json.loads(line))
    return acts._acts


@given(
    did=st.from_regex(r"did:plc:[a-z2-7]{5}", fullmatch=True),
    rkey=st.text("abc234", min_size=1, max_size=13),
    declared=st.sampled_from(["2024-09-09T19:46:02.102Z", "", "x"]),
    via=st.booleans(),
    kind=st.sampled_from(["like", "repost"]),
    spaces=st.booleans(),
)
def test_the_quick_way_reads_what_the_parser_reads(
    did: str, rkey: str, declared: str, via: bool, kind: str, spaces: bool
) -> None:
    record: dict[str, Any] = {"$type": f"app.bsky.feed.{kind}", "createdAt": declared}
    record["subject"] = {"cid": "b", "uri": uri("did:plc:y", rkey)}
    if via:
        record["via"] = {"cid": "b", "uri": ROOT}
    body = {"rev": "3k", "operation": "create", "collection": f"app.bsky.feed.{kind}",
            "rkey": rkey, "record": record, "cid": "b"}  # fmt: skip
    event = {"did": did, "time_us": T * 1000, "kind": "commit", "commit": body}
    line = json.dumps(event, separators=None if spaces else (",", ":"))
    quick = wire_act(1, line)
    assert quick is None if spaces else [quick] == parsed(line)


@pytest.mark.parametrize(
    "line",
    [
        '{"kind":"commit","did":"d","time_us":"x","commit":{}}',
        '{"kind":"commit","did":"","time_us":1725911162329308,"commit":{}}',
        '{"kind":"commit","did":"d","time_us":1725911162329308,"commit":null}',
        '{"kind":"commit","did":"d","time_us":1725911162329308,"commit":{"collection":"c"}}',
        '{"kind":"commit","did":"d","time_us":1e400,"commit":{"collection":"c","rkey":"r"}}',
        '{"kind":"commit","did":"d","time_us":NaN,"commit":{"collection":"c","rkey":"r"}}',
        '{"payload":{"$type":"network.bsky.jetstream.x#commit","time":"yesterday"}}',
        '{"likes":[{"actor":{"did":"did:plc:x"}}]}',
        '{"records":[{"uri":"at://a/app.bsky.feed.like/c"}]}',
        "[]x", "\ud83d", "{" * 100_000, '{"a":' + "9" * 5000 + "}",
    ],
)  # fmt: skip
def test_broken_lines_cost_themselves(line: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    good = like("did:plc:a", T + 10, ROOT)
    path.write_bytes(f"{good}\n{line}\n{good}\n".encode("utf-8", "surrogatepass"))
    items = list(Bluesky().read(probe(path), ReadOptions()))
    rows = [i.data.num_rows for i in items if isinstance(i, Rows) and i.table == "engagement"]
    assert rows == [2]
    assert [i.line for i in items if isinstance(i, Rejected)] == [2]


def test_text_with_half_characters_is_kept(tmp_path: Path) -> None:
    line = commit("did:plc:a", T, "create", "post", tid(T), text="\ud83d!\u202e", reply=REFS)
    found = canonical([written(tmp_path, line)], tmp_path / "w")["tables"]["comment"][0]
    assert found["text"] == "\ufffd!\u202e"


def of_the_network(n: int) -> str:
    """A line as long as those of the network, four of five a like."""
    did, cid, key = f"did:plc:{n % 997:024d}", "bafyrei" + "a" * 52, tid(T + n)
    record: dict[str, Any] = {
        "$type": "app.bsky.feed.like",
        "createdAt": "2024-09-09T19:46:02.102Z",
    }
    record["subject"] = {"cid": cid, "uri": uri(f"did:plc:{n % 97:024d}", tid(T + n % 97))}
    body = {"rev": key, "operation": "create", "collection": "app.bsky.feed.like", "rkey": key,
            "record": record, "cid": cid}  # fmt: skip
    if n % 5 == 0:
        body = {"rev": key, "operation": "delete", "collection": "app.bsky.feed.like", "rkey": key}
    event = {"did": did, "time_us": (T + n) * 1000, "kind": "commit", "commit": body}
    return json.dumps(event, separators=(",", ":"))


def test_the_stream_is_read_at_a_third_of_the_bare_parser_or_more(tmp_path: Path) -> None:
    """Compared in one run by processor time; best of four, because others use the machine."""
    path = written(tmp_path, *(of_the_network(n) for n in range(30_000)))
    seen, shares = probe(path), []
    for _ in range(4):
        start = time.process_time()
        with path.open("rb") as file:
            for line in file:
                json.loads(line)
        bare = time.process_time() - start
        start = time.process_time()
        for _ in Bluesky().read(seen, ReadOptions()):
            pass
        shares.append(bare / (time.process_time() - start))
    assert max(shares) >= 1 / 3, shares


def test_of_an_answer_that_breaks_off_whole_likes_are_read(tmp_path: Path) -> None:
    page = {"uri": ROOT, "likes": [
        {"indexedAt": "2024-09-09T19:46:02Z", "actor": {"did": f"did:plc:{n}", "handle": "h"}}
        for n in range(9)
    ]}  # fmt: skip
    text = json.dumps(page)
    (tmp_path / "x.json").write_text(text[: text.index("did:plc:6")])
    assert sniff(tmp_path / "x.json").name == "bluesky"
    items = list(Bluesky().read(probe(tmp_path / "x.json"), ReadOptions()))
    acts = [i for i in items if isinstance(i, Rows) and i.table == "engagement"]
    assert sum(a.data.num_rows for a in acts) == 6
    assert sum(isinstance(i, Rejected) for i in items) == 1


@pytest.mark.slow
def test_a_folder_is_scanned_to_the_end(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123456789abcdef")
    args = [str(FIXTURES), "--out", str(tmp_path / "out"), "--key-file", str(tmp_path / "key")]
    done = CliRunner().invoke(app, ["scan", *args])
    assert done.exit_code == 0, done.output
    sections = pq.read_table(tmp_path / "out" / "sections.parquet")
    assert set(sections.column("status").to_pylist()) <= {"scored", "insufficient_data"}
    assert "likely_purchased" not in sections.column("band").to_pylist()
