"""Names of rows: a prefix that says what it is, and 96 random bits that nobody guesses."""

from __future__ import annotations

import secrets

__all__ = ["new_id"]


def new_id(prefix: str) -> str:
    """Such as `job_5f0c…`: 24 hexadecimal digits, so that tenants cannot try each other's."""
    return f"{prefix}_{secrets.token_hex(12)}"
