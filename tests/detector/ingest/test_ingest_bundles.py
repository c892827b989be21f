"""Bundles are read like directories, and a hostile one costs a message."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from dataclasses import asdict
from pathlib import Path

import pytest
from zhenzan.detector.checkpoint import changed_inputs
from zhenzan.detector.ingest import Ingested, IngestOptions, ingest
from zhenzan.detector.ingest.bundles import Limits, is_bundle, unpacked
from zhenzan.features.engine import open_engine
from zhenzan.features.errors import InputError, NothingToReadError

LIKES = b"kind,section_id,account_id,ts_ms\nlike,s,a,1700000000\nlike,s,b,1700000060\n"
COMMENTS = b'{"comment_id": "c", "section_id": "s", "text": "hello"}\n'


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def taped(path: Path, members: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_700_000_000
            archive.addfile(info, io.BytesIO(content))
    return path


def read(tmp_path: Path, *paths: Path) -> Ingested:
    options = IngestOptions(now_ms=1_760_000_000_000)
    with open_engine() as engine:
        return ingest(paths, engine, options, work_dir=tmp_path / "work")


def nothing_is_left(tmp_path: Path) -> bool:
    return not (tmp_path / "work" / "staged").exists()


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz", "x.tgz", "x.tar", "no ending"])
@pytest.mark.parametrize("named", [True, False], ids=["named", "in a directory"])
def test_is_read_like_a_directory(tmp_path: Path, name: str, named: bool) -> None:
    data = tmp_path / "data"
    data.mkdir()
    members = {"a/engagement.csv": LIKES, "a/comment.jsonl": COMMENTS, "a/note.txt": b"hello"}
    if name.endswith(".zip"):
        bundle = zipped(data / name, members)
    else:
        bundle = taped(data / name, members, "w" if name == "x.tar" else "w:gz")
    done = read(tmp_path, bundle if named else data)
    assert done.rows.kept == 3
    assert [r.path.removeprefix(f"{data}/") for r in done.inputs] == [
        name, f"{name}/a/comment.jsonl", f"{name}/a/engagement.csv", f"{name}/a/note.txt",
    ]  # fmt: skip
    assert done.inputs[0].sha256 and done.inputs[0].source is None
    assert done.inputs[2].source == "canonical" and done.inputs[2].bundle == str(bundle)
    assert "no source knows this file" in str(done.inputs[3].note)
    assert str(tmp_path / "work") not in str(done.inputs)
    assert nothing_is_left(tmp_path)


def test_lost_rows_name_the_member(tmp_path: Path) -> None:
    bundle = zipped(tmp_path / "x.zip", {"in/likes.csv": LIKES + b"like,s,c,never\n"})
    done = read(tmp_path, bundle)
    assert done.rejections[0].examples == ("x.zip/in/likes.csv:4",)


def test_a_workbook_is_no_bundle(tmp_path: Path) -> None:
    from openpyxl import Workbook

    Workbook().save(tmp_path / "x.xlsx")
    assert not is_bundle(tmp_path / "x.xlsx")
    assert not is_bundle(zipped(tmp_path / "x.docx", {"[Content_Types].xml": b"<x/>"}))
    assert not is_bundle(tmp_path / "absent")
    (tmp_path / "x.json.gz").write_bytes(gzip.compress(COMMENTS))
    assert not is_bundle(tmp_path / "x.json.gz")


ESCAPES = ["../likes.csv", "a/../../likes.csv", "/tmp/likes.csv", "..\\likes.csv", "C:\\likes.csv"]


@pytest.mark.parametrize("name", ESCAPES)
@pytest.mark.parametrize("make", [zipped, taped], ids=["zip", "tar"])
def test_nothing_leads_out(tmp_path: Path, name: str, make: object) -> None:
    assert callable(make)
    bundle = make(tmp_path / "x.bundle", {name: LIKES, "likes.csv": LIKES})
    before = sorted(tmp_path.rglob("*"))
    done = read(tmp_path, bundle)
    assert done.rows.kept == 2
    assert [r.note for r in done.inputs][1] == "leads out of the bundle"
    outside = [p for p in tmp_path.rglob("*") if "work" not in p.parts[len(tmp_path.parts) :]]
    assert sorted(outside) == before


def test_links_and_devices_are_left_out(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(LIKES.replace(b",a,", b",secret,"))
    bundle = tmp_path / "x.tar"
    with tarfile.open(bundle, "w") as archive:
        for kind, name in (
            (tarfile.SYMTYPE, "soft.csv"), (tarfile.LNKTYPE, "hard.csv"),
            (tarfile.CHRTYPE, "device.csv"), (tarfile.FIFOTYPE, "pipe.csv"),
        ):  # fmt: skip
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, str(secret)
            archive.addfile(info)
        archive.add(secret, "likes.csv")
    done = read(tmp_path, bundle)
    assert done.rows.kept == 2
    assert [r.note for r in done.inputs][1:5] == ["is a link or a device"] * 4
    soft = zipfile.ZipInfo("soft.csv")
    soft.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as packed:
        packed.writestr(soft, str(secret))
        packed.writestr("likes.csv", LIKES)
    assert [r.note for r in read(tmp_path, tmp_path / "y.zip").inputs][1] == "is a link or a device"


def test_a_bomb_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    bundle = zipped(tmp_path / "bomb.zip", {"zeros.csv": bytes(30_000_000)})
    limits = Limits(free=1_000_000)
    with (
        pytest.raises(InputError, match=r"bomb\.zip: the bundle would unpack to more bytes"),
        unpacked(bundle, tmp_path / "out", limits),
    ):
        pass
    assert not (tmp_path / "out").exists()


def test_nested_bombs_share_their_bounds(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"zeros.csv": bytes(600_000)}).read_bytes()
    bundle = zipped(tmp_path / "x.zip", {f"{i}.zip": inner for i in range(4)})
    with (
        pytest.raises(InputError, match="more bytes"),
        unpacked(bundle, tmp_path / "out", Limits(free=1_000_000, ratio=1)),
    ):
        pass


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    bundle = zipped(tmp_path / "x.zip", {f"{i}.csv": b"" for i in range(11)})
    with (
        pytest.raises(InputError, match="more than 10 files"),
        unpacked(bundle, tmp_path / "out", Limits(members=10)),
    ):
        pass


def test_a_bundle_in_a_bundle_is_opened_once(tmp_path: Path) -> None:
    deepest = zipped(tmp_path / "3.zip", {"likes.csv": LIKES}).read_bytes()
    middle = taped(tmp_path / "2.tgz", {"in.zip": deepest, "engagement.csv": LIKES}).read_bytes()
    bundle = zipped(tmp_path / "1.zip", {"deep/2.tgz": middle})
    done = read(tmp_path, bundle)
    assert done.rows.kept == 2
    notes = {r.path.removeprefix(f"{tmp_path}/"): r.note for r in done.inputs}
    assert notes["1.zip/deep/2.tgz/in.zip"] == "is a bundle inside a bundle inside a bundle"
    assert notes["1.zip/deep/2.tgz/engagement.csv"] is None


def test_a_half_downloaded_tape_keeps_what_came(tmp_path: Path) -> None:
    noise = os.urandom(200_000)
    whole = taped(tmp_path / "x.tgz", {"likes.csv": LIKES, "noise.bin": noise}).read_bytes()
    (tmp_path / "x.tgz").write_bytes(whole[: len(whole) // 2])
    done = read(tmp_path, tmp_path / "x.tgz")
    assert done.rows.kept == 2
    assert any("cut off" in str(r.note) for r in done.inputs)


def test_a_half_downloaded_zip_says_so(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "x.zip", {"likes.csv": LIKES * 50}).read_bytes()
    (tmp_path / "x.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cut off"):
        read(tmp_path, tmp_path / "x.zip")
    assert nothing_is_left(tmp_path)


def test_a_damaged_member_does_not_cost_its_neighbours(tmp_path: Path) -> None:
    bundle = tmp_path / "x.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("bad.csv", b"kind,section_id,account_id,ts_ms\nlike,s,WRONG,1\n")
        archive.writestr("likes.csv", LIKES)
    bundle.write_bytes(bundle.read_bytes().replace(b"WRONG", b"OTHER", 1))
    done = read(tmp_path, bundle)
    assert done.rows.kept == 2
    assert "damaged" in str(done.inputs[1].note)


def test_passwords_and_twins_are_told(tmp_path: Path) -> None:
    bundle = tmp_path / "x.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("likes.csv", LIKES)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("likes.csv", LIKES.replace(b",a,", b",z,"))
        archive.writestr("locked.csv", LIKES)
    raw = bytearray(bundle.read_bytes())
    at = raw.rindex(b"PK\x01\x02")  # the last record of the directory: locked.csv
    raw[at + 8] |= 1
    bundle.write_bytes(bytes(raw))
    done = read(tmp_path, bundle)
    assert {r.note for r in done.inputs[1:3]} == {"comes twice", "is under a password"}
    assert done.rows.kept == 2


def test_chinese_names_of_old_windows_packers(tmp_path: Path) -> None:
    bundle = tmp_path / "x.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("xxxx.csv", LIKES)
    bundle.write_bytes(bundle.read_bytes().replace(b"xxxx", "点赞".encode("gbk")))
    assert read(tmp_path, bundle).inputs[1].path.endswith("x.zip/点赞.csv")


def test_hidden_members_are_no_data(tmp_path: Path) -> None:
    bundle = zipped(tmp_path / "x.zip", {"__MACOSX/._likes.csv": b"\x00", "likes.csv": LIKES})
    whole, hidden, likes = sorted(read(tmp_path, bundle).inputs, key=lambda r: r.path)
    assert (whole.rows_read, hidden.rows_read, likes.rows_read) == (0, 0, 2)
    assert (hidden.note or "").startswith("hidden")


def test_times_are_those_of_the_members(tmp_path: Path) -> None:
    bundle = taped(tmp_path / "x.tar", {"likes.csv": LIKES}, "w")
    with unpacked(bundle, tmp_path / "out") as done:
        assert (done.folder / "likes.csv").stat().st_mtime == 1_700_000_000
        assert done.folder.stat().st_mode & 0o077 == 0


def test_an_empty_bundle_has_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(NothingToReadError, match="bundle of 0 files"):
        read(tmp_path, zipped(tmp_path / "x.zip", {}))


def test_broken_bundles_in_a_directory_are_passed_over(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "likes.csv").write_bytes(LIKES)
    (data / "x.zip").write_bytes(b"PK\x03\x04 and no more")
    done = read(tmp_path, data)
    assert done.rows.kept == 2
    assert "cut off" in str(done.inputs[1].note)


def test_a_run_can_be_resumed_while_the_bundle_is_the_same(tmp_path: Path) -> None:
    bundle = zipped(tmp_path / "x.zip", {"likes.csv": LIKES, "bad.txt": b"?"})
    listed = [asdict(record) for record in read(tmp_path, bundle).inputs]
    assert changed_inputs(listed, [bundle]) is None
    zipped(bundle, {"likes.csv": LIKES * 2})
    assert "has changed" in str(changed_inputs(listed, [bundle]))
