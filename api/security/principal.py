"""Who asks: a tenant's key, with roles and scopes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from zhenzan.api.storage.models import DEFAULT_TENANT

__all__ = ["LOCAL", "ROLES", "SCOPES", "Principal", "operator_of", "scopes_of"]

SCOPES: Final[Mapping[str, str]] = {
    "score": "Score one section.",
    "jobs:write": "Create and cancel jobs.",
    "jobs:read": "See jobs and their progress.",
    "results:read": "Read scans.",
    "contexts:write": "Declare contexts.",
    "decisions:write": "Decide, rule on appeals, assign.",
    "appeals:write": "Appeal a decision.",
    "labels:read": "Export decisions as labels.",
    "streams:write": "Append to streams.",
    "metrics:read": "Read metrics of the whole service, of all tenants; no ids.",
    "admin": "Keys, audit log, references, retention.",
}
"""Every scope and what it allows."""

ROLES: Final[Mapping[str, frozenset[str]]] = {
    "creator": frozenset(
        {"score", "jobs:write", "jobs:read", "results:read", "contexts:write", "appeals:write"}
    ),
    "reviewer": frozenset(SCOPES) - {"admin", "metrics:read"},
    "admin": frozenset(SCOPES),
}
"""Every role and the scopes that it may have; a creator sees own uploads only."""


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    """All that these roles may do together."""
    return frozenset().union(*(ROLES[role] for role in roles))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Attributes:
        tenant_id: Whose data; every query names it.
        key_id: Which key, or `local`: whoever sits at the machine, while there are no keys.
        roles: Of `ROLES`.
        scopes: Of `SCOPES`.
        name: What people call the key.
        form_token: What forms of this log-in must carry; None for a caller with a key.
    """

    tenant_id: str
    key_id: str
    roles: frozenset[str]
    scopes: frozenset[str]
    name: str = ""
    form_token: str | None = None

    @property
    def sees_all(self) -> bool:
        """Whether all of the tenant's uploads and results are shown, not own ones alone."""
        return bool(self.roles & {"reviewer", "admin"})

    def may_see(self, owner: str) -> bool:
        """Whether what `owner` (a key's id) uploaded is shown to this principal."""
        return self.sees_all or owner == self.key_id


LOCAL: Final = Principal(DEFAULT_TENANT, "local", frozenset(ROLES), frozenset(SCOPES), "local")
"""Everybody on this machine, as long as no key exists and only this machine can connect."""


def operator_of(tenant_id: str) -> Principal:
    """Whoever runs commands on the machine, for the audit log of that tenant."""
    return replace(LOCAL, tenant_id=tenant_id, key_id="operator", name="command line")
