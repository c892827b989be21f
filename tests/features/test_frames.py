"""Frames as canonical tables: completed where nothing is guessed, refused where it would be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from zhenzan.features.errors import NothingToReadError, SchemaError
from zhenzan.features.frames import canonical_tables
from zhenzan.features.tables import TABLES

LIKES = pd.DataFrame(
    {"kind": "like", "section_id": ["s1", "s2", "s1"], "account_id": ["a", None, "b"],
     "ts_ms": [1_700_000_000_000, 1_700_000_001_000, None]}
)  # fmt: skip


def test_columns_are_completed_and_typed() -> None:
    made = canonical_tables({"engagement": LIKES})["engagement"]
    assert made.schema.names == TABLES["engagement"].schema.names
    assert made.schema.types == TABLES["engagement"].schema.types
    rows = made.to_pandas()
    assert rows["ts_lo_ms"].tolist()[:2] == rows["ts_hi_ms"].tolist()[:2]
    assert made["ts_lo_ms"].null_count == 1 and made["account_id"].null_count == 1
    assert set(rows["basis"]) == {"internal_log"} and rows["engagement_id"].is_unique


def test_acts_are_numbered_by_content() -> None:
    def named(frame: pd.DataFrame) -> dict[str, str]:
        rows = canonical_tables({"engagement": frame})["engagement"].to_pandas()
        return dict(zip(rows["section_id"] + rows["account_id"].fillna("-"), rows["engagement_id"],
                        strict=True))  # fmt: skip

    assert named(LIKES) == named(LIKES.sample(frac=1, random_state=1))


@pytest.mark.parametrize("zone", [None, "Asia/Shanghai"])
def test_times_of_pandas_become_milliseconds(zone: str | None) -> None:
    at = pd.to_datetime([1_700_000_000_123, None], unit="ms").tz_localize("UTC").tz_convert(zone)
    frame = pd.DataFrame({"comment_id": ["c1", "c2"], "section_id": "s", "created_ms": at})
    made = canonical_tables({"comment": frame})["comment"].to_pandas()
    assert made["created_ms"][0] == 1_700_000_000_123 and pd.isna(made["created_ms"][1])
    assert list(made["created_basis"]) == ["field", "none"]


def test_whole_numbers_are_ids_and_categories_are_words() -> None:
    frame = pd.DataFrame({"section_id": [2**60, 7], "platform": pd.Categorical(["x", "y"])})
    made = canonical_tables({"section": frame})["section"].to_pandas()
    assert list(made["section_id"]) == [str(2**60), "7"] and list(made["platform"]) == ["x", "y"]


@pytest.mark.parametrize(
    ("tables", "match"),
    [
        ({"likes": LIKES}, "no canonical table"),
        ({"engagement": [1, 2]}, "engagement is no table"),
        ({"engagement": LIKES.drop(columns="section_id")}, "section_id is missing in 3 of 3"),
        ({"engagement": LIKES.assign(basis="guess")}, "basis holds an unknown word"),
        ({"engagement": LIKES.assign(ts_ms="yesterday")}, "ts_lo_ms does not fit"),
        ({"section": pd.DataFrame({"section_id": [1.5]})}, "section_id does not fit"),
        ({"section": pd.DataFrame({"section_id": ["s", "s"]})}, "same section_id twice"),
        ({"section": pd.DataFrame({"section_id": ["s", 1]})}, "section holds mixed types"),
        ({"account_snapshot": pd.DataFrame({"account_id": ["a"], "observed_ms": [1],
                                            "followers": [1.5]})}, "followers does not fit"),
    ],
)  # fmt: skip
def test_what_would_be_guessed_is_refused(tables: dict[str, object], match: str) -> None:
    with pytest.raises(SchemaError, match=match):
        canonical_tables(tables)


def test_a_misspelt_column_is_told() -> None:
    with pytest.warns(UserWarning, match="engagement: acount_id is not read"):
        canonical_tables({"engagement": LIKES.rename(columns={"account_id": "acount_id"})})


def test_folders(tmp_path: Path) -> None:
    with pytest.raises(NothingToReadError, match=r"engagement\.parquet"):
        canonical_tables(tmp_path)
    with pytest.raises(NothingToReadError):
        canonical_tables({})
    LIKES.to_parquet(tmp_path / "engagement.parquet")
    (tmp_path / "mine.parquet").write_bytes(b"not read")
    assert list(canonical_tables(tmp_path)) == ["engagement"]
    (tmp_path / "comment.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(SchemaError, match="no Parquet table"):
        canonical_tables(tmp_path)


def test_empty_frames_are_empty_tables() -> None:
    made = canonical_tables({"comment": pd.DataFrame(), "engagement": pa.table({})})
    assert all(table.num_rows == 0 for table in made.values())
    assert np.all([len(t.schema) > 5 for t in made.values()])
