"""Planted sections as tables, and the search run on them with the real engine."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from zhenzan.detector.contexts import find_contexts
from zhenzan.features.engine.base import Engine
from zhenzan.features.engine.registry import EngineOptions, open_engine
from zhenzan.features.tables import TABLES
from zhenzan.models.attribution import result


@pytest.fixture(scope="session")
def planted() -> ModuleType:
    path = Path(__file__).with_name("planted.py")
    spec = importlib.util.spec_from_file_location("zhenzan_tests_planted_contexts", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine("duckdb", EngineOptions(threads=1)) as opened:
        yield opened


def table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = TABLES[name].schema
    filled = [{f.name: row.get(f.name) for f in schema} for row in rows]
    nullable = pa.schema([pa.field(f.name, f.type) for f in schema])
    return pa.Table.from_pylist(filled, schema=nullable)


def fill(schema: pa.Schema, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{f.name: r.get(f.name) for f in schema} for r in rows], schema)


def attribution(plant: Any) -> result.Attribution:
    acts = [
        {"engagement_id": f"e{i}", "kind": "like", "ts_lo_ms": a["at"], "ts_hi_ms": a["at"],
         "p_purchased": a["p"], **a}
        for i, a in enumerate(plant.acts)
    ]  # fmt: skip
    frame = pd.DataFrame(acts)
    sums = []
    for key, own in frame.groupby("section_id"):
        loud = bool((own["p_purchased"] >= 0.5).sum() >= 10) or key == "t:0"
        sums.append(
            {
                "section_id": key,
                "n_engagements": len(own),
                "n_timed": len(own),
                "n_accounts": own["account_id"].nunique(),
                "n_purchased": float(own["p_purchased"].sum()) if loud else 0.0,
                "n_purchased_hi": max(12.0, float(own["p_purchased"].sum())) if loud else 0.0,
                "significant": loud,
                "p_value": 1e-6 if loud else 0.5,
                "company_bits": plant.company_bits,
                "propensity_bits": 0.0,
                "audience_coherence": plant.coherence,
            }
        )
    windows = [
        {"section_id": key, "kind": "like", "start_ms": at, "end_ms": at + 3_600_000}
        for key, at in plant.onsets.items()
    ]
    return result.Attribution(
        engagements=fill(result.ENGAGEMENTS, acts),
        streams=result.STREAMS.empty_table(),
        sections=fill(result.SECTIONS, sums),
        accounts=result.ACCOUNTS.empty_table(),
        windows=fill(result.WINDOWS, windows),
        curves=result.CURVES.empty_table(),
    )


def tables(plant: Any) -> dict[str, pa.Table]:
    comments = [
        {"comment_id": f"t:m{i}", "created_ms": c["at"], "created_basis": "field"} | c
        for i, c in enumerate(plant.comments)
    ]
    acts = [
        {"engagement_id": f"e{i}", "kind": "like", "ts_lo_ms": a["at"], "ts_hi_ms": a["at"],
         "retracted_lo_ms": a.get("retracted"), **a}
        for i, a in enumerate(plant.acts)
    ]  # fmt: skip
    made = {
        "section": table("section", plant.sections),
        "comment": table("comment", comments),
        "engagement": table("engagement", acts),
        "account": table(
            "account", [{"account_id": key} | facts for key, facts in plant.accounts.items()]
        ),
        "follow": table("follow", [{"source_id": a, "target_id": b} for a, b in plant.follows]),
    }
    return {name: rows for name, rows in made.items() if rows.num_rows}


def marks(plant: Any) -> pa.Table:
    rows = [
        {"comment_id": c.get("comment_id", f"t:m{i}"), "section_id": c["section_id"],
         "surprising": c["surprising"], "everyday": False, "echo": c.get("echo", False)}
        for i, c in enumerate(plant.comments)
    ]  # fmt: skip
    schema = pa.schema(
        [("comment_id", pa.string()), ("section_id", pa.string()), ("surprising", pa.bool_()),
         ("everyday", pa.bool_()), ("echo", pa.bool_())]
    )  # fmt: skip
    return pa.Table.from_pylist(rows, schema=schema)


@pytest.fixture
def search(engine: Engine) -> Callable[..., list[dict[str, Any]]]:
    """Runs the search on a plant; `shuffle` is the seed of an order of all rows."""

    def run(plant: Any, shuffle: int | None = None) -> list[dict[str, Any]]:
        given, found, texts = tables(plant), attribution(plant), marks(plant)
        if shuffle is not None:
            rng = np.random.default_rng(shuffle)

            def mixed(rows: pa.Table) -> pa.Table:
                return rows.take(pa.array(rng.permutation(rows.num_rows)))

            given = {name: mixed(rows) for name, rows in given.items()}
            found = result.Attribution(
                mixed(found.engagements), found.streams, mixed(found.sections), found.accounts,
                mixed(found.windows), found.curves,
            )  # fmt: skip
            texts = mixed(texts)
        loaded = {name: engine.load(name, rows, step="test") for name, rows in given.items()}
        made = find_contexts(engine, loaded, found, texts)
        assert made.schema.equals(TABLES["context"].schema)
        rows: list[dict[str, Any]] = made.to_pylist()
        return rows

    return run
