"""One command on a folder of everything: every format is known, read, and gives an answer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from zhenzan.detector import Scan
from zhenzan.detector.cli.main import main
from zhenzan.detector.ingest import IngestOptions, ingest
from zhenzan.detector.results import BANDS, STATUSES
from zhenzan.features.engine import open_engine
from zhenzan.features.tables import TABLES

pytestmark = pytest.mark.slow  # a scan of everything

FIXTURES = Path(__file__).parent / "sources" / "fixtures"
SOURCES = sorted(p.name for p in FIXTURES.iterdir() if p.is_dir())
STARS = "repo,actor,starred_at\no/r,ann,2024-01-01T00:00:01Z\no/r,bob,2024-01-01T00:05:01Z\n"
LIKES = "kind,section_id,account_id,ts_ms\nlike,weibo:1,weibo:2,1700000000\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, native_files: Any) -> Path:
    """Every source in a folder of its own, YouTube packed."""
    root = tmp_path_factory.mktemp("mixed") / "exports"
    for source in SOURCES:
        native_files(source, root / source)
    shutil.make_archive(str(root / "youtube"), "gztar", root / "youtube")
    shutil.rmtree(root / "youtube")
    (root / "github_stars").mkdir()
    (root / "github_stars" / "stars.csv").write_text(STARS)
    (root / "canonical").mkdir()
    (root / "canonical" / "engagement.csv").write_text(LIKES)
    (root / "readme.txt").write_text("notes of mine, no data")
    return root


@pytest.fixture(scope="module")
def scanned(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    out = tmp_path_factory.mktemp("out") / "scan"
    key = out.with_name("key")
    key.write_text("0123456789abcdef")
    words = ["zhenzan", "scan", str(folder), "--out", str(out), "--key-file", str(key)]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as stop:
        patch.setattr("sys.argv", words)
        main()
    assert not stop.value.code
    return Scan.load(out)


def test_every_file_is_read_by_its_source(folder: Path, scanned: Scan) -> None:
    records = scanned.run["inputs"]
    unread = [r["path"] for r in records if r["source"] is None]
    assert sorted(Path(path).name for path in unread) == ["readme.txt", "youtube.tar.gz"]
    for record in records:
        if record["source"] is not None:
            inside = Path(record["path"]).relative_to(folder).parts[0]
            assert record["source"] == inside.removesuffix(".tar.gz"), record["path"]
    found = {record["source"] for record in records} - {None}
    assert found == {*SOURCES, "canonical", "github_stars"}


def test_the_books_balance(scanned: Scan) -> None:
    rows = scanned.run["rows"]
    assert rows["read"] == rows["kept"] + rows["merged"] + rows["rejected"] + rows["skipped"]
    assert sum(r["rows_read"] for r in scanned.run["inputs"]) == rows["read"]
    assert rows["kept"] > 200


def test_every_section_has_an_answer_and_none_is_suspected(scanned: Scan) -> None:
    sections = scanned.sections
    assert set(sections.status) <= set(STATUSES)
    assert set(sections.band) <= set(BANDS)
    # A handful of made-up rows a section is no ground for suspicion.
    assert not set(sections.band) & {"unusual", "likely_purchased"}
    platforms = {section.split(":")[0] for section in sections.section_id}
    assert {"weibo", "youtube", "wechat", "bluesky", "github", "tiktok", "steam"} <= platforms


def test_nothing_of_the_bundle_is_left(scanned: Scan) -> None:
    assert not [p for p in scanned.path.parent.rglob("*") if "unpacked" in p.name]
    assert "unpacked" not in json.dumps(scanned.run["inputs"])


def test_the_order_of_files_does_not_matter(folder: Path, tmp_path: Path) -> None:
    """The same files under names that sort the other way, each in a folder of its own."""
    turned = tmp_path / "turned"
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    for number, path in enumerate(reversed(files)):
        place = turned / f"{number:03d}"
        place.mkdir(parents=True)
        shutil.copy2(path, place / path.name)
    assert tables(folder, tmp_path / "a") == tables(turned, tmp_path / "b")


def tables(folder: Path, work: Path) -> dict[str, list[dict[str, Any]]]:
    key = work.with_name("key")
    key.write_text("0123456789abcdef")
    options = IngestOptions(
        now_ms=1_790_000_000_000, observed_at_ms=1_790_000_000_000, key_file=key
    )
    with open_engine() as engine:
        done = ingest([folder], engine, options, work_dir=work)
        return {
            name: engine.fetch(relation, order_by=TABLES[name].key).to_pylist()
            for name, relation in done.tables.items()
        }
