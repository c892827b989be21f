"""Who asks, so that a caller can try a key out."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter
from zhenzan.api.schemas.me import MeOut
from zhenzan.api.security.access import require
from zhenzan.api.security.principal import Principal

__all__ = ["router"]

router: Final = APIRouter(prefix="/v1", tags=["people"])


@router.get("/me", operation_id="get_me")
def me(who: Annotated[Principal, require()]) -> MeOut:
    """The tenant, the roles and the scopes of the key that was sent."""
    return MeOut(
        tenant_id=who.tenant_id,
        key_id=who.key_id,
        name=who.name,
        roles=sorted(who.roles),
        scopes=sorted(who.scopes),
        sees_all=who.sees_all,
    )
