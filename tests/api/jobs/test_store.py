"""Stores keep scans whole: in a folder, and where there is no rename."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from zhenzan.api.jobs.store import FolderStore, RemoteStore, StoreBase, open_store
from zhenzan.features.errors import InputError, MissingDependencyError, UsageError

FILES = {"run.json": "{}", "sections.parquet": "s", "reference/reference.json": "r"}


@pytest.fixture(params=["folder", "local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreBase]:
    """A folder, and two stores of fsspec, which are used as any remote one."""
    if request.param == "folder":
        yield FolderStore(tmp_path / "store")
    elif request.param == "local":
        yield RemoteStore(LocalFileSystem(), str(tmp_path / "store"), tmp_path / "cache")
    else:
        yield RemoteStore(MemoryFileSystem(), "/store", tmp_path / "cache")
        MemoryFileSystem.store.clear()
        MemoryFileSystem.pseudo_dirs[:] = [""]


@pytest.fixture
def make_scan(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str = "scan", **changed: str) -> Path:
        folder = tmp_path / "work" / name
        for file, text in {**FILES, **changed}.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        return folder

    return make


def content(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()
    }


def test_what_is_published_can_be_read(store: StoreBase, make_scan: Callable[..., Path]) -> None:
    assert not store.holds("t", "scan_1")
    store.publish(make_scan(), "t", "scan_1")
    assert store.holds("t", "scan_1")
    assert content(store.local("t", "scan_1")) == FILES
    assert content(store.local("t", "scan_1")) == FILES  # from the copy, where there is one
    assert list(store.all()) == [("t", "scan_1")]


def test_publishing_twice_keeps_the_first(store: StoreBase, make_scan: Callable[..., Path]) -> None:
    store.publish(make_scan(), "t", "scan_1")
    store.publish(make_scan("again", **{"run.json": "[]"}), "t", "scan_1")
    assert content(store.local("t", "scan_1")) == FILES


def test_tenants_and_scans_are_apart(store: StoreBase, make_scan: Callable[..., Path]) -> None:
    store.publish(make_scan("a"), "t", "scan_1")
    store.publish(make_scan("b"), "u", "scan_1")
    store.delete("t", "scan_1")
    store.delete("t", "scan_1")
    assert not store.holds("t", "scan_1")
    assert list(store.all()) == [("u", "scan_1")]
    with pytest.raises(InputError):
        store.local("t", "scan_1")
    assert content(store.local("u", "scan_1")) == FILES


@pytest.mark.parametrize("name", ["..", "a/b", "", "/etc", ".hidden", "a\x00"])
def test_names_lead_nowhere(store: StoreBase, name: str, make_scan: Callable[..., Path]) -> None:
    for act in (store.holds, store.local, store.delete):
        with pytest.raises(UsageError):
            act("t", name)
        with pytest.raises(UsageError):
            act(name, "scan_1")
    with pytest.raises(UsageError):
        store.publish(make_scan(), "t", name)


def test_a_scan_that_was_half_sent_is_none_and_is_sent_again(
    tmp_path: Path, make_scan: Callable[..., Path]
) -> None:
    sent = 0

    class Breaking(LocalFileSystem):  # type: ignore[misc]
        def put_file(self, *args: object, **options: object) -> None:
            nonlocal sent
            sent += 1
            if sent == 3:
                raise OSError("the connection broke")
            super().put_file(*args, **options)

    store = RemoteStore(Breaking(), str(tmp_path / "store"), tmp_path / "cache")
    scan = make_scan()
    with pytest.raises(OSError, match="broke"):
        store.publish(scan, "t", "scan_1")
    assert not store.holds("t", "scan_1")
    store.publish(scan, "t", "scan_1")
    assert content(store.local("t", "scan_1")) == FILES


def test_a_scan_from_another_file_system_is_copied_then_renamed(
    tmp_path: Path, make_scan: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    scan, rename = make_scan(), Path.rename

    def across(self: Path, target: Path) -> Path:
        if self == scan:
            raise OSError("not on this device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", across)
    store = FolderStore(tmp_path / "store")
    store.publish(scan, "t", "scan_1")
    assert content(store.local("t", "scan_1")) == FILES
    assert list(store.all()) == [("t", "scan_1")]
    assert list((tmp_path / "store" / ".aside").iterdir()) == []


def test_what_a_killed_process_left_half_done_is_removed(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    assert store.remove_drafts(1 << 50) == 0
    (tmp_path / "store" / ".aside" / "draft").mkdir()
    assert store.remove_drafts(0) == 0
    assert store.remove_drafts(1 << 50) == 1
    assert list(store.all()) == []


def test_copies_that_were_not_used_for_long_are_forgotten(
    tmp_path: Path, make_scan: Callable[..., Path]
) -> None:
    store = RemoteStore(LocalFileSystem(), str(tmp_path / "store"), tmp_path / "cache")
    for i in range(40):
        store.publish(make_scan(f"s{i}"), "t", f"scan_{i}")
        store.local("t", f"scan_{i}")
        store.local("t", "scan_0")
    kept = {path.name for path in (tmp_path / "cache" / "t").iterdir()}
    assert len(kept) == 32
    assert {"scan_0", "scan_39"} <= kept
    assert content(store.local("t", "scan_1")) == FILES


def test_addresses_of_stores(tmp_path: Path) -> None:
    assert isinstance(open_store(str(tmp_path), tmp_path), FolderStore)
    assert isinstance(open_store(f"file://{tmp_path}", tmp_path), FolderStore)
    assert isinstance(open_store("memory://scans", tmp_path), RemoteStore)
    with pytest.raises(MissingDependencyError):
        open_store("nothing-known://x", tmp_path)
