"""Paths below configured folders, and everything that tries to lead out of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from zhenzan.api.jobs.roots import allowed_path, roots_of
from zhenzan.features.errors import UsageError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """`open/acme` and `open/other` are roots of two tenants, `secret` is of nobody."""
    for name in ("open/acme/sub", "open/other", "secret"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("open/acme/a.csv", "open/acme/sub/b.csv", "open/other/c.csv", "secret/d.csv"):
        (tmp_path / name).write_text("x")
    return tmp_path


def of(tree: Path, tenant: str = "acme") -> tuple[Path, ...]:
    return roots_of([tree / "open" / "{tenant}", tree / "absent"], tenant)


@pytest.mark.parametrize("name", ["a.csv", "sub/b.csv", "sub", "."])
def test_what_stands_below_a_root_is_allowed(tree: Path, name: str) -> None:
    given = tree / "open" / "acme" / name
    assert allowed_path(str(given), of(tree)) == given.resolve()


@pytest.mark.parametrize(
    "name",
    ["secret/d.csv", "open/other/c.csv", "open", "open/acme/../other/c.csv", "open/acme/none.csv"],
)
def test_what_does_not_is_refused_with_one_answer(tree: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is not a file or folder below a root"):
        allowed_path(f"{tree}/{name}", of(tree))


@pytest.mark.parametrize("given", ["a.csv", "", "/\x00", "~/a.csv", "file:///etc/passwd"])
def test_what_is_no_absolute_path_is_refused(tree: Path, given: str) -> None:
    with pytest.raises(UsageError):
        allowed_path(given, of(tree))


def test_folders_behind_links_are_looked_through_as_a_scan_does(tree: Path) -> None:
    own = tree / "open" / "acme"
    elsewhere = tree / "open" / "more"
    elsewhere.mkdir()
    (own / "sub" / "linked").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(own)
    roots = (*of(tree), elsewhere)
    assert allowed_path(str(own / "sub"), roots) == own / "sub"
    (elsewhere / "out.csv").symlink_to(tree / "secret" / "d.csv")
    with pytest.raises(UsageError, match="leads out"):
        allowed_path(str(own / "sub"), roots)


def test_links_count_as_what_they_lead_to(tree: Path) -> None:
    own = tree / "open" / "acme"
    (own / "out").symlink_to(tree / "secret")
    (own / "out.csv").symlink_to(tree / "secret" / "d.csv")
    (own / "in.csv").symlink_to(own / "a.csv")
    assert allowed_path(str(own / "in.csv"), of(tree)) == own / "a.csv"
    for name in ("out/d.csv", "out.csv", "out"):
        with pytest.raises(UsageError):
            allowed_path(str(own / name), of(tree))
    with pytest.raises(UsageError, match="leads out"):  # the folder as a whole holds them
        allowed_path(str(own), of(tree))


def test_a_link_deep_inside_a_folder_is_found(tree: Path) -> None:
    (tree / "open/acme/sub/deep").mkdir()
    (tree / "open/acme/sub/deep/out.csv").symlink_to(tree / "secret/d.csv")
    with pytest.raises(UsageError, match="leads out"):
        allowed_path(str(tree / "open/acme/sub"), of(tree))


def test_links_in_a_circle_and_pipes_are_refused(tree: Path) -> None:
    own = tree / "open" / "acme"
    (own / "a").symlink_to(own / "b")
    (own / "b").symlink_to(own / "a")
    os.mkfifo(own / "pipe")
    for name in ("a", "pipe", "."):
        with pytest.raises(UsageError):
            allowed_path(str(own / name), of(tree))


def test_without_roots_nothing_can_be_read(tree: Path) -> None:
    with pytest.raises(UsageError):
        allowed_path(str(tree / "open/acme/a.csv"), ())
