"""Log-ins to the console: a cookie's digest and the token of its forms."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column
from zhenzan.api.storage.models.base import Base, Key, Tenanted

__all__ = ["LoginSession"]


class LoginSession(Tenanted, Base):
    """Ends with its time, with log-out, and with its key."""

    __tablename__ = "login_session"
    __table_args__ = (Index(None, "expires_ms"),)

    id: Mapped[Key]
    key_id: Mapped[str] = mapped_column(ForeignKey("api_key.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(unique=True)
    form_token: Mapped[str]
    created_ms: Mapped[int]
    expires_ms: Mapped[int]
