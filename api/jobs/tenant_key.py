"""The key of hashed account ids, one a tenant: ids of two tenants can never be matched."""

from __future__ import annotations

from pathlib import Path

from zhenzan.detector.ingest.pseudonyms import make_key
from zhenzan.features.errors import UsageError

__all__ = ["tenant_key"]


def tenant_key(data_dir: Path, tenant_id: str) -> Path:
    """The key's file, which is made when it is first asked for; lost, ids can not be matched again.

    Raises:
        UsageError: The name of the tenant could lead elsewhere.
    """
    if not tenant_id or not all(mark.isalnum() or mark in "_-" for mark in tenant_id):
        raise UsageError("a name of a tenant holds what no file of ours does")
    path = data_dir / "keys" / f"{tenant_id}.key"
    if not path.exists():
        make_key(path)
    return path
