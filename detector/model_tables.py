"""What a trained model says of each row: tables under `reference/` of a scan; empty under rules."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pyarrow as pa

__all__ = ["MODEL_TABLES"]

_TEXT: Final = pa.string()
_REAL: Final = pa.float64()

MODEL_TABLES: Final[Mapping[str, pa.Schema]] = MappingProxyType(
    {
        "model_rows": pa.schema(
            [
                ("unit", _TEXT),  # section, account or comment
                ("id", _TEXT),
                ("raw", _REAL),  # log-odds of the trees; rules rank `range` and `families`
                ("why_not", _TEXT),  # why there is no probability; NULL where there is one
            ]
        ),
        "contributions": pa.schema(
            [
                ("unit", _TEXT),
                ("id", _TEXT),
                ("family", _TEXT),  # `average`: where every row starts
                ("log_odds", _REAL),  # of the whole family; a row's sum to its `raw`
                ("feature", _TEXT),  # the column that moved most
                ("value", _REAL),
                ("feature_log_odds", _REAL),
            ]
        ),
    }
)
