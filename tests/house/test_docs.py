"""The documents name what there is, and what they name exists."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from zhenzan.detector.cli.main import app
from zhenzan.detector.results import OUTPUTS
from zhenzan.detector.scan import STEPS
from zhenzan.detector.sources import sources
from zhenzan.features.engine.base import Engine
from zhenzan.features.families import families

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def group() -> typer.core.TyperGroup:
    found = typer.main.get_command(app)
    assert isinstance(found, typer.core.TyperGroup)
    return found


def commands(inside: Any = None, before: str = "") -> dict[str, set[str]]:
    """Command, or command and subcommand, to its options, both spellings of switches included."""
    found = {}
    for name, command in (inside or group()).commands.items():
        own = {word for p in command.params for word in (*p.opts, *p.secondary_opts)}
        if hasattr(command, "commands"):
            found |= commands(command, f"{before}{name} ")
        else:
            found[before + name] = own
    return found


def used(house: ModuleType) -> Iterator[tuple[Path, list[str]]]:
    """Every call of `zhenzan` in a shell block: page and words after the name."""
    for page in house.pages():
        for block in house.shell_blocks(page):
            for line in block.replace("\\\n", " ").splitlines():
                for part in line.partition("#")[0].split("&&"):
                    words = shlex.split(part)
                    if words and words[0].endswith("zhenzan"):
                        yield page, words[1:]


def text(house: ModuleType, name: str) -> str:
    found: str = (house.ROOT / name).read_text("utf-8")
    return found


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_readme_begins_with_two_commands(house: ModuleType, name: str) -> None:
    demo, tests = list(house.shell_blocks(house.ROOT / name))[:2]
    for block in (demo, tests):
        assert len(block.splitlines()) == 1
        assert block.startswith("python3 -m venv .venv && ")
        assert "pip install -q -c constraints.txt " in block
    assert ".venv/bin/zhenzan demo" in demo.split(" && ")[-1]
    assert tests.split(" && ")[-1] == ".venv/bin/pytest -n 2"


def test_readme_shows_a_report(house: ModuleType) -> None:
    picture = house.ROOT / "docs" / "images" / "report.png"
    assert "docs/images/report.png" in text(house, "README.md").partition("```")[0]
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size < 300_000


def test_readme_tells_coordination_from_purchase(house: ModuleType) -> None:
    assert "Coordination alone is not inauthenticity" in text(house, "README.md")
    assert "协同不等于虚假" in text(house, "README.zh.md")


@pytest.mark.parametrize("name", ["README.md", "README.zh.md", "docs/commands.md"])
def test_every_command_is_named(house: ModuleType, name: str) -> None:
    page = text(house, name)
    wanted = set(commands()) if name.startswith("docs/") else {c.split()[0] for c in commands()}
    assert not [command for command in sorted(wanted) if f"zhenzan {command}" not in page]


def test_every_call_in_the_documents_exists(house: ModuleType) -> None:
    known, seen = commands(), 0
    for page, words in used(house):
        name = words[0] if words[0] in known else " ".join(words[:2])
        assert name in known, f"{page.name}: zhenzan {' '.join(words)}"
        options = {word for word in words[1:] if word.startswith("--")}
        assert options <= known[name], f"{page.name}: zhenzan {' '.join(words)}"
        seen += 1
    assert seen > 10


def test_every_option_named_in_prose_exists(house: ModuleType) -> None:
    known = set().union(*commands().values(), {"--debug", "--version", "--help"})
    # Options of other programs that the documents mention.
    known |= {"--check", "--import-mode", "--no-deps", "--build", "--rm"}
    for page in house.pages():
        found = set(OPTION.findall(page.read_text("utf-8")))
        assert found <= known, f"{page.name}: {sorted(found - known)}"


@pytest.mark.parametrize("name", ["README.md", "docs/commands.md", "docs/sources.md"])
def test_python_in_the_documents_is_python(house: ModuleType, name: str) -> None:
    for block in re.findall(r"```python\n(.*?)```", text(house, name), re.S):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = __import__(node.module, fromlist=["x"])
                assert all(hasattr(module, alias.name) for alias in node.names)


def test_every_source_is_described(house: ModuleType) -> None:
    page = text(house, "docs/sources.md")
    assert not [s.name for s in sources() if f"## `{s.name}`" not in page]


def test_every_family_and_feature_is_described(house: ModuleType) -> None:
    page, concepts = text(house, "docs/features.md"), text(house, "docs/concepts.md")
    for family in families():
        assert f"`{family.name}`" in concepts
        for spec in family.specs:
            assert f"`{family.name}__{spec.name}`" in page


def test_every_verb_of_the_engine_is_described(house: ModuleType) -> None:
    page = text(house, "docs/engine.md")
    assert not [verb for verb in Engine.__abstractmethods__ if f"`{verb}" not in page]


def test_every_file_of_a_scan_is_named(house: ModuleType) -> None:
    page = text(house, "docs/concepts.md")
    assert not [name for name in OUTPUTS if f"`{name}`" not in page]


def test_the_number_of_steps_in_the_changelog_is_right(house: ModuleType) -> None:
    words = {9: "nine", 10: "ten", 11: "eleven", 12: "twelve"}
    assert f"{words[len(STEPS)]} named steps" in text(house, "CHANGELOG.md")


def test_links_lead_somewhere(house: ModuleType) -> None:
    broken = [
        f"{page.relative_to(house.ROOT)}: {target}"
        for page in house.pages()
        for target in LINK.findall(page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not broken


def test_every_page_can_be_reached_from_the_readme(house: ModuleType) -> None:
    seen: set[Path] = set()
    ahead = [house.ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in seen:
            continue
        seen.add(page)
        for target in LINK.findall(page.read_text("utf-8")):
            if "://" in target:
                continue
            there = (page.parent / target).resolve()
            if there.is_dir():
                ahead.extend(there.glob("*.md"))
            elif there.suffix == ".md":
                ahead.append(there)
    assert not [p.name for p in house.pages() if p not in seen]


def test_files_named_in_the_documents_exist(house: ModuleType) -> None:
    """Such as `features/families.py`; names with <…> stand for something else."""
    path = re.compile(r"`((?:features|models|detector|api|tests|docs)/[\w./-]+\.(?:py|md|json))`")
    missing = [
        f"{page.name}: {name}"
        for page in house.pages()
        for name in path.findall(page.read_text("utf-8"))
        if not (house.ROOT / name).exists()
    ]
    assert not missing


def test_decisions_are_numbered_once_and_state_where_they_stand(house: ModuleType) -> None:
    pages = sorted((house.ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [page.name[:4] for page in pages]
    assert numbers == [f"{n:04}" for n in range(1, len(pages) + 1)]
    for page in pages:
        head = page.read_text("utf-8").splitlines()
        assert head[0].startswith(f"# {page.name[:4]}. ")
        assert any(line.startswith("**Status:** ") for line in head[:4])
