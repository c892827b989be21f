"""The template of a plug-in, really installed: it is found, keeps the contracts, and runs."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import site
import subprocess
import sys
import venv
from collections.abc import Callable
from importlib.metadata import EntryPoint, version
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from zhenzan.detector.sources import registry as sources
from zhenzan.features.errors import UsageError
from zhenzan.features.families import families
from zhenzan.models.baselines import registry as baselines
from zhenzan.models.bundle import Bundle
from zhenzan.models.scorers.inputs import known_features

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "docs" / "examples" / "zhenzan-plugin"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own that sees the one of the tests, with the template installed."""
    known = importlib.util.find_spec("setuptools") is not None
    recent = known and int(version("setuptools").split(".")[0]) >= 77
    if importlib.util.find_spec("pip") is None or not recent:
        pytest.skip("needs pip and a setuptools that knows licence expressions (77)")
    place = tmp_path_factory.mktemp("plugin")
    venv.create(place / "venv", with_pip=False)
    found = place / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    asked = [str(found), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    lines = (f"import site; site.addsitedir({folder!r})" for folder in site.getsitepackages())
    (own / "beside.pth").write_text("\n".join(lines) + "\n", "utf-8")
    copy = place / "copy"
    shutil.copytree(TEMPLATE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(found), "install", "-q", "--no-deps",
         "--no-build-isolation", "--no-index", "--disable-pip-version-check", str(copy)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return found


@pytest.fixture(scope="module")
def run(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("home")

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(python), *words], capture_output=True, text=True, check=False, cwd=home,
            encoding="utf-8",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return call


@pytest.mark.slow
def test_everything_that_plugs_in_is_found(run: Run) -> None:
    code = (
        "from zhenzan.features.families import families; "
        "from zhenzan.detector.sources import sources; "
        "from zhenzan.models.scorers.registry import scorer_names; "
        "from zhenzan.models.baselines.registry import baselines; "
        "print(families()[-1].name, sources()[-1].name, scorer_names()[-1], baselines()[-1].name)"
    )
    assert run("-c", code).stdout.split() == ["punctual", "likes_log", "patient", "same-minute"]
    told = run("-m", "zhenzan.detector.cli.main", "families").stdout
    assert "punctual" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suite", "name"),
    [
        ("contract/test_families.py", "punctual"),
        # All but the one that asks whether it is any good, which a template need not be.
        ("models/baselines/test_baseline_conformance.py", "same-minute and not rank_above"),
    ],
)
def test_it_keeps_the_contracts_of_the_built_in_ones(run: Run, suite: str, name: str) -> None:
    words = [str(ROOT / "tests" / suite), "-c", str(ROOT / "pyproject.toml"), "-q", "-k", name,
             "-p", "no:cacheprovider"]  # fmt: skip
    code = f"import sys, pytest; sys.exit(pytest.main({words!r}))"
    told = run("-c", code).stdout
    assert " passed" in told and "failed" not in told


@pytest.mark.slow
def test_its_own_test_passes(run: Run) -> None:
    words = [str(TEMPLATE / "tests"), "-q", "--rootdir", str(TEMPLATE), "-p", "no:cacheprovider"]
    assert "1 passed" in run("-c", f"import sys, pytest; sys.exit(pytest.main({words!r}))").stdout


@pytest.mark.slow
def test_a_scan_reads_its_source_uses_its_scorer_and_shows_its_family(
    run: Run, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    lines = []
    for section in range(6):
        n = 30 if section == 5 else 150
        for i, second in enumerate(np.sort(rng.integers(0, 5 * 86_400, n))):
            day, rest = divmod(int(second), 86_400)
            clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
            who = f"a{(section * 31 + i * 7) % 400}"
            lines.append(f"2025-01-{day + 1:02}T{clock}Z LIKE v{section} {who}")
    (tmp_path / "likes.log").write_text("\n".join([*lines, "broken"]) + "\n", "utf-8")
    out = tmp_path / "scan"
    run("-m", "zhenzan.detector.cli.main", "scan", str(tmp_path / "likes.log"), "--out", str(out),
        "--model", "patient")  # fmt: skip
    told = json.loads((out / "run.json").read_text("utf-8"))
    assert told["model"]["id"].startswith("patient")
    code = (
        "import sys; from zhenzan.detector import Scan; s = Scan.load(sys.argv[1]); "
        "t = s.sections.set_index('section_id'); print(len(t), t['status']['example:v5'], "
        "t['status']['example:v0'])"
    )
    assert run("-c", code, str(out)).stdout.split() == ["6", "insufficient_data", "scored"]
    assert "is no like" in json.dumps(told)
    assert "punctual" in json.dumps(told)


@pytest.mark.slow
def test_the_page_of_a_new_model_runs(run: Run, canonical: ModuleType, tmp_path: Path) -> None:
    for name, frame in canonical.world().items():
        (tmp_path / "tables").mkdir(exist_ok=True)
        frame.to_parquet(tmp_path / "tables" / f"{name}.parquet")
    rows = [f"s{i},op{i % 3},{int(i < 6)}" for i in range(30)]
    (tmp_path / "labels.csv").write_text("section_id,operator,purchased\n" + "\n".join(rows))
    page = (ROOT / "docs" / "new-model.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    assert len(blocks) == 2
    code = f"import os\nos.chdir({str(tmp_path)!r})\n" + "\n".join(blocks) + "\nprint(auc.min())"
    told = run("-c", code).stdout.splitlines()
    assert float(told[-1]) > 0.8, "the planted pool is found from the sections of other operators"


@pytest.mark.slow
def test_a_new_model_is_trained_and_held_against_all_baselines(run: Run, tmp_path: Path) -> None:
    script = ROOT / "docs" / "examples" / "new_model.py"
    run(str(script), str(tmp_path), "--worlds", "3", "--scale", "5000")
    table = pd.read_csv(tmp_path / "comparison.csv").set_index("method")
    assert set(table.index) == {
        "new model", "without it", "zhenzan", "same-minute",
        *(baseline.name for baseline in baselines.baselines()),
    }  # fmt: skip
    assert table["accounts"].nunique() == table["workers"].nunique() == 1, "one split for all"
    assert table["auc"].between(0, 1).all() and table.loc["new model", "auc"] > 0.5
    gain = table["auc"] - table.loc["without it", "auc"]
    assert np.allclose(table["gain"], gain, atol=2e-6)
    paired = table.drop(index="without it")
    assert (paired["gain_low"] <= paired["gain_high"]).all()
    made = Bundle.load(tmp_path / "bundle")
    assert made.versions["punctual"] == 1
    for language in ("en", "zh"):
        card = (tmp_path / "bundle" / f"card.{language}.md").read_text("utf-8")
        assert "with-punctual" in card
    here = known_features(families())
    with pytest.raises(UsageError, match=r"punctual: trained on version 1, here absent"):
        made.check_versions(here.versions, here.specs)


@pytest.mark.parametrize("registry", [sources, baselines])
@pytest.mark.parametrize(
    ("value", "match"),
    [
        ("nowhere.at.all:X", "fails: ModuleNotFoundError"),
        ("builtins:dict", r"is no (?:source|base)"),
    ],
)
def test_what_is_no_plug_in_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, registry: object, value: str, match: str
) -> None:
    def points(group: str) -> list[EntryPoint]:
        return [EntryPoint("mine", value, group)]

    monkeypatch.setattr(registry, "entry_points", points)
    with pytest.raises(UsageError, match=match):
        baselines.baselines() if registry is baselines else sources.sources.__wrapped__()


def test_a_baseline_cannot_take_a_name_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    def points(group: str) -> list[EntryPoint]:
        return [EntryPoint("mine", "zhenzan.models.baselines.degree:Degree", group)]

    monkeypatch.setattr(baselines, "entry_points", points)
    with pytest.raises(UsageError, match="'degree' exists already"):
        baselines.baselines()
