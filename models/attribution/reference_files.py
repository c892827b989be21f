"""A reference on disk: one JSON file and Parquet tables, read without running anything.

reference.json     format, digest, settings, counts, single figures
groups.parquet     name, end of observation, curves, null of each group
ratios.parquet     learnt ratio tables by name
accounts.parquet   id, coherence, number of acts        acts.parquet      what they did
sections.parquet   id, creator, number of streams       creators.parquet  id, audience
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from zhenzan.features.errors import InputError
from zhenzan.models.attribution.config import SCALES_S, AttributionConfig
from zhenzan.models.attribution.curve import Curves
from zhenzan.models.attribution.events import Arrivals
from zhenzan.models.attribution.learnt import Learnt
from zhenzan.models.attribution.memory import Memory
from zhenzan.models.attribution.reference import FORMAT, Reference

__all__ = ["read_reference", "write_reference"]

Reals = NDArray[np.float64]
_R = TypeVar("_R", bound=Reference)

_FILE: Final = "reference.json"
_CLUE: Final = "clue "


def write_reference(reference: Reference, folder: Path) -> list[Path]:
    """Writes a reference; the same reference gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, table in _tables(reference).items():
        files.append(folder / f"{name}.parquet")
        pq.write_table(table, files[-1], compression="zstd", version="2.6")
    files.append(folder / _FILE)
    text = json.dumps(_record(reference), ensure_ascii=False, indent=1, sort_keys=True)
    files[-1].write_text(text + "\n", encoding="utf-8")
    return files


def _record(reference: Reference) -> dict[str, Any]:
    config = {name: getattr(reference.config, name) for name in AttributionConfig.__slots__}
    memory = reference.memory
    return {
        "format": FORMAT,
        "digest": reference.digest,
        "config": {**config, "without": sorted(reference.config.without)},
        "figures": {
            "level": reference.learnt.level,
            "typical": reference.learnt.typical,
            "cut": reference.cut,
            "chance": memory.chance,
            "by_creator": reference.by_creator,
        },
        "counts": {
            "accounts": len(memory.accounts),
            "acts": len(memory.stream),
            "creators": len(memory.creators),
            "sections": len(memory.sections),
            "streams": len(memory.section_of),
        },
    }


def _tables(reference: Reference) -> dict[str, pa.Table]:
    memory, learnt, groups = reference.memory, reference.learnt, reference.groups
    n = len(groups.names) + 1
    ratios = {f"chance {k}": row for k, row in enumerate(learnt.chance)}
    ratios |= {"company": learnt.company}
    ratios |= {f"{_CLUE}{name}": learnt.clues[name] for name in sorted(learnt.clues)}
    return {
        "groups": pa.table(
            {
                "name": pa.array([*groups.names, None], pa.string()),
                "end_ms": np.append(groups.end_ms, 0),
                "age": _rows(reference.curves.age),
                "week": _rows(reference.curves.week),
                "arrival": _rows(groups.arrival),
                "agreement": _rows(reference.agreement.T),
                "multipliers": _rows(reference.multipliers.swapaxes(0, 1).reshape(n, -1)),
            }
        ),
        "ratios": pa.table(
            {
                "name": pa.array(list(ratios), pa.string()),
                "values": pa.array(list(ratios.values()), pa.list_(pa.float64())),
            }
        ),
        "accounts": pa.table(
            {
                "account_id": memory.accounts,
                "coherence": memory.coherence,
                "n_acts": np.diff(memory.start),
            }
        ),
        "sections": pa.table(
            {
                "section_id": memory.sections,
                "creator": memory.creator_of,
                "n_streams": np.bincount(memory.section_of, minlength=len(memory.sections)),
            }
        ),
        "creators": pa.table({"creator_id": memory.creators, "audience": _rows(memory.vectors)}),
        "acts": pa.table({name: getattr(memory, name) for name in ("stream", "place", "q", "act")}),
    }


def _rows(matrix: Reals) -> pa.Array:
    width = matrix.shape[1]
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(matrix).ravel()), width)


def _matrix(column: pa.ChunkedArray) -> Reals:
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, np.float64).reshape(-1, column.type.list_size)


def read_reference(folder: Path, make: type[_R]) -> _R:
    """Reads a reference and checks that it is what was written.

    Raises:
        InputError: There is none, it is of another format, or it was changed.
    """
    path = folder / _FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            "there is no reference: the scan was made before references, or under another one",
            path=path,
        ) from error
    except ValueError as error:
        raise InputError("the reference cannot be read", path=path) from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        found = record.get("format") if isinstance(record, dict) else record
        raise InputError(
            "the reference is of another format; make it again by a scan with this version",
            path=path, found=str(found), expected=str(FORMAT),
        )  # fmt: skip
    try:
        names = ("groups", "ratios", "accounts", "sections", "creators", "acts")
        tables = {name: pq.read_table(folder / f"{name}.parquet") for name in names}
        reference = _assembled(record, tables, make)
        digest = reference.digest
    except (OSError, KeyError, ValueError, TypeError, AttributeError, pa.ArrowException) as error:
        raise InputError(f"the reference cannot be read: {error}", path=path) from error
    if digest != record["digest"]:
        raise InputError(
            "the reference is not what was written; make it again by a scan",
            path=path, found=digest, expected=str(record["digest"]),
        )  # fmt: skip
    return reference


def _assembled(record: dict[str, Any], tables: dict[str, pa.Table], make: type[_R]) -> _R:
    groups, figures = tables["groups"], record["figures"]
    ratios = dict(
        zip(tables["ratios"]["name"].to_pylist(), tables["ratios"]["values"].to_pylist(),
            strict=True)
    )  # fmt: skip
    arrays = {name: np.array(values, np.float64) for name, values in ratios.items()}
    chance = [arrays[name] for name in sorted(arrays) if name.startswith("chance ")]
    n = groups.num_rows
    memory = _memory(tables, figures["chance"])
    settings = {name: v for name, v in record["config"].items() if name != "without"}
    multipliers = _matrix(groups["multipliers"]).reshape(n, len(SCALES_S), -1)
    return make(
        config=replace(
            AttributionConfig(**settings), without=frozenset(record["config"]["without"])
        ),
        groups=Arrivals(
            tuple(groups["name"].to_pylist()[:-1]),
            _ints(groups["end_ms"])[:-1],
            _matrix(groups["arrival"]),
            memory.accounts,
        ),
        curves=Curves(_matrix(groups["age"]), _matrix(groups["week"])),
        agreement=np.ascontiguousarray(_matrix(groups["agreement"]).T),
        multipliers=np.ascontiguousarray(multipliers.swapaxes(0, 1)),
        learnt=Learnt(
            act=np.zeros(0),
            chance=np.stack(chance),
            company=arrays["company"],
            level=figures["level"],
            typical=figures["typical"],
            clues={k.removeprefix(_CLUE): v for k, v in arrays.items() if k.startswith(_CLUE)},
        ),
        cut=figures["cut"],
        by_creator=figures["by_creator"],
        memory=memory,
    )


def _memory(tables: dict[str, pa.Table], chance: float) -> Memory:
    accounts, sections, acts = (tables[name] for name in ("accounts", "sections", "acts"))
    n_streams = _ints(sections["n_streams"])
    return Memory(
        accounts=accounts["account_id"].combine_chunks(),
        coherence=np.array(accounts["coherence"], np.float64),
        sections=sections["section_id"].combine_chunks(),
        creator_of=_ints(sections["creator"]),
        creators=tables["creators"]["creator_id"].combine_chunks(),
        vectors=_matrix(tables["creators"]["audience"]),
        chance=chance,
        section_of=np.repeat(np.arange(len(n_streams)), n_streams),
        start=np.append(0, np.cumsum(_ints(accounts["n_acts"]))),
        stream=acts["stream"].to_numpy(),
        place=acts["place"].to_numpy(),
        q=acts["q"].to_numpy(),
        act=acts["act"].to_numpy(),
    )


def _ints(column: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.asarray(column.to_numpy(), np.int64)
