"""Streams: numbers of batches, and what was found of each section."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision: Final = "0002"
down_revision: Final = "0001"


def upgrade() -> None:
    """Adds columns and a table."""
    for name in ("appended", "judged", "n_rows"):
        op.add_column("stream", _number(name))
    op.add_column("stream_batch", _number("seq"))
    op.add_column("stream_batch", sa.Column("rejections", sa.JSON(), nullable=True))
    op.create_index("ix_stream_batch_stream_id_seq", "stream_batch", ["stream_id", "seq"])
    op.create_table(
        "stream_section",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("section_id", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("judged_ms", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["stream.id"], name="fk_stream_section_stream_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name="fk_stream_section_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stream_id", "section_id", name="pk_stream_section"),
    )
    op.create_index("ix_stream_section_stream_id_score", "stream_section", ["stream_id", "score"])


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
