"""API keys: made once, shown once, kept as a digest.

A key is 256 random bits, so its plain SHA-256 cannot be tried out, with or without salt; passwords
would need a slow hash, keys do not. The look-up by digest compares digests, never keys.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from zhenzan.api.ids import new_id
from zhenzan.api.security.principal import ROLES, SCOPES, Principal, scopes_of
from zhenzan.api.storage.models import ApiKey, LoginSession, Tenant
from zhenzan.features.errors import UsageError

__all__ = [
    "any_key", "create_key", "digest_of", "find_key", "holds", "is_stale", "principal_of",
    "revoke_key",
]  # fmt: skip

_PREFIX: Final = "zz_"
_USED_EVERY_MS: Final = 60_000  # a write a request would be a write too many


def digest_of(secret: str) -> str:
    """What is stored in place of a key or a cookie."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def create_key(
    session: Session,
    *,
    tenant_id: str,
    name: str,
    roles: Collection[str],
    now_ms: int,
    scopes: Collection[str] = (),
    expires_ms: int | None = None,
) -> tuple[ApiKey, str]:
    """A new key: its row, and the key itself, which nobody can show again.

    Args:
        session: May write.
        tenant_id: An existing tenant.
        name: For people.
        roles: At least one of `ROLES`.
        now_ms: The time.
        scopes: A part of what the roles may do; empty for all of it.
        expires_ms: When it ends; None for never.

    Raises:
        UsageError: No such tenant, role or scope; a scope that no role has; an end in the past.
    """
    unknown = sorted({*roles} - {*ROLES}) + sorted({*scopes} - {*SCOPES})
    if unknown:
        known = f"roles {', '.join(ROLES)}; scopes {', '.join(SCOPES)}"
        raise UsageError(f"unknown: {', '.join(unknown)}; there are {known}")
    if not roles:
        raise UsageError(f"a key needs a role: {', '.join(ROLES)}")
    beyond = sorted({*scopes} - scopes_of(roles))
    if beyond:
        raise UsageError(f"{', '.join(beyond)}: more than {', '.join(sorted(roles))} may do")
    if session.get(Tenant, tenant_id) is None:
        raise UsageError(f"there is no tenant {tenant_id!r}; zhenzan tenants list shows them")
    if expires_ms is not None and expires_ms <= now_ms:
        raise UsageError("the key would end before it begins")
    secret = _PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(
        id=new_id("key"),
        tenant_id=tenant_id,
        name=name,
        digest=digest_of(secret),
        roles=sorted(roles),
        scopes=sorted(scopes or scopes_of(roles)),
        created_ms=now_ms,
        expires_ms=expires_ms,
    )
    session.add(row)
    session.flush()
    return row, secret


def any_key(session: Session) -> bool:
    """Whether a key was ever made; from then on nobody gets in without."""
    return session.scalar(select(ApiKey.id).limit(1)) is not None


def find_key(session: Session, secret: str, now_ms: int) -> ApiKey | None:
    """The row of a key that holds now."""
    if not secret.startswith(_PREFIX):
        return None
    row = session.scalar(select(ApiKey).where(ApiKey.digest == digest_of(secret)))
    return row if row is not None and holds(row, now_ms) else None


def holds(row: ApiKey, now_ms: int) -> bool:
    """Whether the key is neither revoked nor at its end."""
    return row.revoked_ms is None and (row.expires_ms is None or now_ms < row.expires_ms)


def is_stale(row: ApiKey, now_ms: int) -> bool:
    """Whether its time of use has to be written again."""
    return row.used_ms is None or now_ms - row.used_ms >= _USED_EVERY_MS


def principal_of(row: ApiKey, form_token: str | None = None) -> Principal:
    """Whom the key stands for; roles and scopes that no longer exist are left out."""
    roles = frozenset(row.roles) & frozenset(ROLES)
    scopes = frozenset(row.scopes) & scopes_of(roles)
    return Principal(row.tenant_id, row.id, roles, scopes, row.name, form_token)


def revoke_key(session: Session, key_id: str, now_ms: int) -> ApiKey:
    """Ends a key and its log-ins, at once; a second time changes nothing.

    Raises:
        UsageError: There is no such key.
    """
    row = session.get(ApiKey, key_id)
    if row is None:
        raise UsageError(f"there is no key {key_id!r}; zhenzan keys list shows them")
    row.revoked_ms = row.revoked_ms or now_ms
    ended = update(LoginSession).where(LoginSession.key_id == key_id)
    session.execute(ended.values(expires_ms=now_ms))
    return row
