"""One frame each for sections, accounts and comments: all features of all families side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pyarrow as pa
from zhenzan.features.capability import complete
from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import (
    Entity,
    FeatureConfig,
    FeatureFamily,
    Requirement,
    Tables,
    Text,
)

__all__ = ["Matrices", "build_matrices", "column_name", "missing_inputs"]


@dataclass(frozen=True, slots=True)
class Matrices:
    """What all families computed.

    Attributes:
        relations: A relation an entity: its key, then a DOUBLE column `family__feature` for every
            spec of every family; NULL = not computable.
        used: Names of the families that ran, in report order.
        skipped: Family name to the reason why it did not.
    """

    relations: Mapping[Entity, Relation]
    used: tuple[str, ...]
    skipped: Mapping[str, Text]


def column_name(family: str, feature: str) -> str:
    """The matrix column of a feature, e.g. `timing__peak_excess`."""
    return f"{family}__{feature}"


def missing_inputs(
    engine: Engine, tables: Tables, requirement: Requirement
) -> tuple[tuple[str, str], ...]:
    """The required (table, column) pairs that no row fills; `*` stands for a table without rows."""
    absent: list[tuple[str, str]] = []
    for table, columns in requirement.columns.items():
        if table not in tables:
            absent.append((table, "*"))
            continue
        counts = ", ".join(f"COUNT({name}) AS n_{name}" for name in columns)
        statement = f"SELECT COUNT(*) AS n_rows{', ' if counts else ''}{counts} FROM "
        filled = engine.fetch(
            engine.sql(statement + tables[table].name, into="matrix_filled", step="matrix inputs")
        ).to_pylist()[0]
        if filled["n_rows"] == 0:
            absent.append((table, "*"))
        else:
            absent.extend((table, name) for name in columns if filled[f"n_{name}"] == 0)
    return tuple(absent)


def build_matrices(
    engine: Engine,
    tables: Tables,
    config: FeatureConfig,
    families: Sequence[FeatureFamily],
) -> Matrices:
    """Runs the families whose inputs exist and joins what they computed.

    Args:
        engine: Where the tables live.
        tables: Canonical tables.
        config: Settings shared by all families.
        families: In report order; their names must differ.

    Returns:
        Matrices with one row for each section, account and comment that any table names. A family
        without its inputs and without a substitute is skipped, and its columns are NULL.
    """
    parts: dict[Entity, list[tuple[FeatureFamily, Relation | None]]] = {e: [] for e in Entity}
    used: list[str] = []
    skipped: dict[str, Text] = {}
    for family in families:
        absent = missing_inputs(engine, tables, family.requires)
        computed: Mapping[Entity, Relation] = {}
        if absent and family.requires.substitute is None:
            skipped[family.name] = _why(absent)
        else:
            computed = family.compute(engine, tables, config)
            used.append(family.name)
        for entity in Entity:
            parts[entity].append((family, computed.get(entity)))
    names = {name: relation.name for name, relation in complete(engine, tables).items()}
    relations = {entity: _join(engine, entity, names, parts[entity]) for entity in Entity}
    return Matrices(MappingProxyType(relations), tuple(used), MappingProxyType(skipped))


def _join(
    engine: Engine,
    entity: Entity,
    names: Mapping[str, str],
    parts: Sequence[tuple[FeatureFamily, Relation | None]],
) -> Relation:
    key = entity.key
    selected, joins, fields = [f"ids.{key}"], [], [pa.field(key, pa.string(), nullable=False)]
    for position, (family, relation) in enumerate(parts):
        features = [spec.name for spec in family.specs if spec.entity is entity]
        for feature in features:
            column = column_name(family.name, feature)
            source = "CAST(NULL AS DOUBLE)" if relation is None else f"f{position}.{feature}"
            selected.append(f"{source} AS {column}")
            fields.append(pa.field(column, pa.float64()))
        if relation is not None and features:
            joins.append(f"LEFT JOIN {relation.name} f{position} ON f{position}.{key} = ids.{key}")
    statement = (
        f"WITH ids AS ({_IDS[entity].format(**names)}) "
        f"SELECT {', '.join(selected)} FROM ids {' '.join(joins)}"
    )
    made = engine.sql(statement, into=f"matrix_{entity.value}", step="matrix")
    return Relation(made.name, pa.schema(fields))


# What families ask for most, in words; the rest goes by its name alone.
_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "engagement": Text("逐次的点赞等互动", "likes or other acts one by one"),
        "engagement.ts_lo_ms": Text("点赞等互动的时间", "times of likes or other acts"),
        "engagement.ts_hi_ms": Text("点赞等互动的时间", "times of likes or other acts"),
        "engagement.account_id": Text("点赞者的账号", "accounts of those who liked"),
        "comment": Text("评论", "comments"),
        "comment.text": Text("评论的文字", "texts of comments"),
        "comment.account_id": Text("评论者的账号", "accounts of commenters"),
        "account": Text("账号资料", "facts about accounts"),
        "account.created_ms": Text("账号的注册时间", "when accounts were made"),
    }
)


def _why(absent: Sequence[tuple[str, str]]) -> Text:
    keys = [t if c == "*" else f"{t}.{c}" for t, c in absent]
    said = [(_WORDS.get(key), key) for key in keys]
    zh = "、".join(key if known is None else f"{known.zh}（{key}）" for known, key in said)
    en = ", ".join(key if known is None else f"{known.en} ({key})" for known, key in said)
    return Text(zh=f"无法计算：输入中没有{zh}。", en=f"Not computable: the input has no {en}.")


_IDS: Final[Mapping[Entity, str]] = MappingProxyType(
    {
        Entity.SECTION: "SELECT section_id FROM {section} "
        "UNION SELECT section_id FROM {comment} UNION SELECT section_id FROM {engagement}",
        Entity.ACCOUNT: "SELECT account_id FROM {account} "
        "UNION SELECT account_id FROM {comment} WHERE account_id IS NOT NULL "
        "UNION SELECT account_id FROM {engagement} WHERE account_id IS NOT NULL",
        Entity.COMMENT: "SELECT comment_id FROM {comment} "
        "UNION SELECT comment_id FROM {engagement} WHERE comment_id IS NOT NULL",
    }
)
