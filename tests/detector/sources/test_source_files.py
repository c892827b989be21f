from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pytest
from zhenzan.detector.ingest.discover import discover
from zhenzan.detector.sources.files import Pieces, probe, stem_of
from zhenzan.features.errors import InputError


@pytest.mark.parametrize(
    ("name", "stem"),
    [("engagement.csv.gz", "engagement"), ("Comment.JSONL.zst", "comment"), ("a.b.csv", "a.b")],
)
def test_stems(name: str, stem: str) -> None:
    assert stem_of(Path(name)) == stem


def test_probe_sees_through_packing(tmp_path: Path) -> None:
    text = b"a;b;c\n1;2;3\n"
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(text)
    for name, content in (
        ("plain", text), ("packed", gzip.compress(text)), ("zst", sink.getvalue().to_pybytes()),
        ("marked", b"\xef\xbb\xbf" + text), ("wide", text.decode().encode("utf-16")),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        seen = probe(tmp_path / name)
        assert (seen.kind, seen.columns, seen.delimiter) == ("delimited", ("a", "b", "c"), ";")
        assert b"".join(Pieces(tmp_path / name)) == text


def test_probe_tells_kinds(tmp_path: Path) -> None:
    for content, kind in (
        (b"", "empty"), (b"\n \n", "empty"), (b'{"a": 1}\n', "json"), (b"[]", "json"),
        (b"\x7fELF\x00", "unknown"), (b"a\tb\n", "delimited"),
    ):  # fmt: skip
        (tmp_path / "x").write_bytes(content)
        assert probe(tmp_path / "x").kind == kind


def test_broken_packing_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    with pytest.raises(InputError, match=r"x\.gz: the packed file is broken"):
        probe(tmp_path / "x.gz")


def test_discover_reads_each_file_once_and_in_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", ".hidden", "sub/c.csv", "_tmp/d.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    found = discover([tmp_path / "b.csv", tmp_path])
    assert [(f.path.name, f.named) for f in found if f.left_out is None] == [
        ("a.csv", False),
        ("b.csv", True),
        ("c.csv", False),
    ]
    aside = {f.path.name: f.left_out for f in found if f.left_out is not None}
    assert set(aside) == {".hidden", "_tmp"}
    assert all(why.startswith("hidden") for why in aside.values())


def test_a_folder_of_parts_is_a_table_of_the_set(tmp_path: Path) -> None:
    for name in ("section.csv", "engagement.parquet/part-0.parquet", "truth/x.csv",
                 "section/part-0.csv"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    reads = {p for p, why in read_by_name(tmp_path).items() if why is None}
    assert {str(Path(p).relative_to(tmp_path)) for p in reads} == {
        "section.csv",
        "engagement.parquet/part-0.parquet",
    }


def read_by_name(*paths: Path) -> dict[str, str | None]:
    return {str(f.path): f.left_out for f in discover(paths)}


def test_a_file_of_several_names_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "likes-2024.csv").write_text("x")
    (tmp_path / "latest.csv").symlink_to("likes-2024.csv")
    (tmp_path / "nothing.csv").symlink_to("nowhere.csv")
    monkeypatch.chdir(tmp_path)
    assert read_by_name(Path()) == {
        "likes-2024.csv": None,
        "latest.csv": "the same file as likes-2024.csv",
        "nothing.csv": "a link that leads to no file",
    }
    whole, other = tmp_path / "likes-2024.csv", Path("likes-2024.csv")
    for several in ([whole, other], [other, whole], [whole, Path("../") / tmp_path.name / other]):
        assert list(read_by_name(*several).values()) == [None]
    reads = read_by_name(tmp_path, Path("latest.csv"))  # what is named counts as named
    assert [name for name, why in reads.items() if why is None] == ["latest.csv"]
    assert list(read_by_name(tmp_path, Path()).values()).count(None) == 1


def test_links_to_folders_are_followed_and_loops_end(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "far"
    for folder in (inside / "real", outside):
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text("x")
    (outside / "back").symlink_to(inside)
    (inside / "away").symlink_to(outside)
    (inside / "again").symlink_to(inside / "real")
    (inside / "loop").symlink_to("loop")
    found = {str(Path(p).relative_to(inside)): why for p, why in read_by_name(inside).items()}
    again = "a link to a folder that is searched already"
    assert found == {
        "real/a.csv": None,
        "away/a.csv": None,
        "away/back": again,
        "again": again,
        "loop": "a link that leads to no file",
    }


def test_a_scan_beside_its_input_is_not_read_again(tmp_path: Path) -> None:
    from zhenzan.detector.sources import get_source

    path = tmp_path / "engagements.csv"
    path.write_text("engagement_id,kind,section_id,account_id,ts_lo_ms,ts_hi_ms,p_purchased\n")
    assert get_source("canonical").sniff(probe(path)) is None
