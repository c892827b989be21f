"""Where tables live and where SQL and kernels run; duckdb and pyspark are imported here only."""

from zhenzan.features.engine.base import Engine, GroupKernel, Relation
from zhenzan.features.engine.registry import open_engine

__all__ = ["Engine", "GroupKernel", "Relation", "open_engine"]
