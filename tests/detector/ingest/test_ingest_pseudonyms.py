from __future__ import annotations

import hmac
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.detector.ingest.pseudonyms import (
    Pseudonyms,
    make_key,
    name_shape,
    platform_of,
    read_key,
)
from zhenzan.features.errors import InputError, UsageError


@given(st.binary(min_size=1, max_size=200), st.text(min_size=1, max_size=40))
def test_the_hash_is_hmac_sha256(key: bytes, name: str) -> None:
    name = name.encode("utf-8", "replace").decode()
    found = Pseudonyms(key).ids(pa.array([f"github:{name}"]), "github")[0].as_py()
    assert found == "github:" + hmac.digest(key, f"github:{name}".encode(), "sha256")[:16].hex()


def test_an_id_means_the_same_with_and_without_its_platform() -> None:
    ids = Pseudonyms(b"k").ids(pa.array(["ann", "github:ann", "weibo:ann", None]), "github")
    plain, named, other, missing = ids.to_pylist()
    assert plain == named != other
    assert other.startswith("weibo:")
    assert missing is None


def test_keys_part_the_ids_and_are_told_apart() -> None:
    one, two = Pseudonyms(b"one"), Pseudonyms(b"two")
    assert one.ids(pa.array(["a"]), "p") != two.ids(pa.array(["a"]), "p")
    assert one.key_id != two.key_id
    assert Pseudonyms(None).key_id == "none"
    assert b"one".hex() not in one.key_id


def test_name_shapes_hold_no_name() -> None:
    names = pa.array(["Ann-12", "王小二123", "0123456789abcdef", None, "Ωmega 字"])
    assert name_shape(names).to_pylist() == ["aaa-00", "字字字000", None, None, "aaaaa 字"]


def test_platforms() -> None:
    ids = pa.array(["weibo:1", "s1", ":x", "A:b", "http", "x:"])
    found = platform_of(ids, "internal").to_pylist()
    assert found == ["weibo", "internal", "internal", "internal", "internal", "internal"]


def test_the_key_of_a_user_is_made_once_and_for_them_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    key = read_key(None)
    path = tmp_path / "config" / "zhenzan" / "pseudonym.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["pseudonym.key"]
    assert read_key(None) == key
    assert len(key) == 64


def test_key_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_key(tmp_path / "absent")
    (tmp_path / "short").write_text("abc\n")
    with pytest.raises(InputError, match="too short"):
        read_key(tmp_path / "short")
    (tmp_path / "good").write_text("0123456789abcdef\n")
    assert read_key(tmp_path / "good") == b"0123456789abcdef"


def test_of_many_that_ask_at_once_all_get_one_key(tmp_path: Path) -> None:
    """Threads of one process, too: each writes a draft of its own."""
    for number in range(20):
        path, start = tmp_path / str(number) / "k", Barrier(8)

        def ask(path: Path = path, start: Barrier = start) -> bytes:
            start.wait()
            make_key(path)
            return read_key(path)

        with ThreadPoolExecutor(8) as threads:
            keys = {made.result() for made in [threads.submit(ask) for _ in range(8)]}
        assert len(keys) == 1 and len(keys.pop()) == 64
        assert [p.name for p in path.parent.iterdir()] == ["k"]
        assert path.stat().st_mode & 0o777 == 0o600
