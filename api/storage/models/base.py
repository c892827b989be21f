"""What all tables share: names of constraints, types, the column of the tenant."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Integer, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = ["Base", "Counted", "Key", "Tenanted"]

Key: TypeAlias = Annotated[str, mapped_column(Text, primary_key=True)]
"""A name from `new_id`."""

Counted: TypeAlias = Annotated[
    int,
    mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
]
"""A number that the database gives, rising: what pages of a log are ordered by."""


class Base(DeclarativeBase):
    """The mapping of all tables; constraints have names, so that a migration can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (declared by SQLAlchemy)
        str: Text(),
        int: BigInteger(),
        float: Float(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
    }


class Tenanted:
    """Whose row it is; every query names it."""

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
