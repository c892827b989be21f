"""Bodies of uploads, however they are cut into pieces."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zhenzan.api.jobs.intake import MOST_FILES, MultipartIntake, RawIntake
from zhenzan.api.problems import Problem

KIND = "multipart/form-data; boundary=XX"


def form(*parts: tuple[str, bytes]) -> bytes:
    body = b"".join(
        f"--XX\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
        for head, content in parts
    )
    return body + b"--XX--\r\n"


def take(folder: Path, body: bytes, cuts: list[int], limit: int = 1 << 20) -> MultipartIntake:
    intake = MultipartIntake(folder, limit, KIND)
    places = sorted({cut % (len(body) + 1) for cut in cuts} | {0, len(body)})
    try:
        for start, end in pairwise(places):
            intake.feed(body[start:end])
        intake.finish()
    finally:
        intake.close()
    return intake


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=30), st.lists(st.binary(max_size=200), min_size=1))
def test_a_form_is_the_same_however_it_is_cut(cuts: list[int], contents: list[bytes]) -> None:
    contents = [c.replace(b"--XX", b"") for c in contents]
    parts = [(f'name="files"; filename="f{i}.csv"', c) for i, c in enumerate(contents)]
    body = form(*parts, ('name="options"', b'{"ids": "keep"}'))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not any(contents):
            with pytest.raises(Problem):
                take(folder, body, cuts)
            return
        found = take(folder, body, cuts)
        assert found.options == b'{"ids": "keep"}'
        assert [file.name for file in found.files] == [f"f{i}.csv" for i in range(len(contents))]
        for file, content in zip(found.files, contents, strict=True):
            assert (folder / file.name).read_bytes() == content
            assert file.size == len(content)
            assert file.sha256 == hashlib.sha256(content).hexdigest()


def test_names_lead_nowhere_and_do_not_collide(tmp_path: Path) -> None:
    name = "../../../evil.csv"
    parts = [(f'name="f"; filename="{name}"', b"a"), ('name="f"; filename="EVIL.csv"', b"b")]
    found = take(tmp_path, form(*parts), [])
    assert [file.name for file in found.files] == ["evil.csv", "2-EVIL.csv"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2-EVIL.csv", "evil.csv"]


def status(folder: Path, body: bytes, limit: int = 1 << 20) -> int:
    with pytest.raises(Problem) as told:
        take(folder, body, [], limit)
    return told.value.status_code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--XX--\r\n",
        form(('name="other"', b"x")),
        form(('name="f"; filename="a.csv"', b"")),
        form(('name="f"; filename="a.csv"', b"abc"))[:-6],
        b"no form at all",
        b"--XX\r\n" + b"X-Long: " + b"a" * 100_000 + b"\r\n\r\n",
        b"--XX\r\n" + b"A: b\r\n" * 10_000 + b"\r\n",
        b"--XX\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--XX--\r\n",
    ],
)
def test_what_is_no_form_with_a_file_is_refused(tmp_path: Path, body: bytes) -> None:
    assert status(tmp_path, body) == 422


def test_limits_hold_over_all_files(tmp_path: Path) -> None:
    parts = [(f'name="f"; filename="{i}.csv"', b"x" * 40) for i in range(3)]
    assert status(tmp_path, form(*parts), limit=100) == 413


def test_many_files_are_refused(tmp_path: Path) -> None:
    parts = [(f'name="f"; filename="{i}.csv"', b"x") for i in range(MOST_FILES + 1)]
    assert status(tmp_path, form(*parts)) == 413


def test_options_are_bounded(tmp_path: Path) -> None:
    assert status(tmp_path, form(('name="options"', b" " * 70_000))) == 413


def test_a_form_needs_a_boundary(tmp_path: Path) -> None:
    for kind in ("multipart/form-data", f"multipart/form-data; boundary={'x' * 1000}"):
        with pytest.raises(Problem) as told:
            MultipartIntake(tmp_path, 10, kind)
        assert told.value.status_code == 422


def test_a_raw_body_is_one_file(tmp_path: Path) -> None:
    content = secrets.token_bytes(1000)
    intake = RawIntake(tmp_path, 1000, "likes.csv")
    for start in range(0, 1000, 7):
        intake.feed(content[start : start + 7])
    intake.finish()
    assert (tmp_path / "likes.csv").read_bytes() == content
    assert intake.files[0].sha256 == hashlib.sha256(content).hexdigest()


def test_a_raw_body_is_bounded(tmp_path: Path) -> None:
    intake = RawIntake(tmp_path, 10, None)
    with pytest.raises(Problem) as told:
        intake.feed(b"x" * 11)
    intake.close()
    assert told.value.status_code == 413
