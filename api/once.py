"""`Idempotency-Key`: a request that is sent twice is done once and answered twice.

    def create_job(body: JobIn, who: …, once: Annotated[Once, Depends(Once)]) -> JobOut:
        return once.run(who, body, JobOut, lambda session: queue.submit(session, who, body))

Key, work and answer are written in one transaction. So there is no moment in which the work stands
and its answer does not, whatever dies in between, and two requests at once cannot both do it: the
second waits for the first and is given its answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import and_, delete, or_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from zhenzan.api.context import Service, service
from zhenzan.api.problems import Problem
from zhenzan.api.security.principal import Principal
from zhenzan.api.storage.models import Idempotency

__all__ = [
    "KEPT_MS",
    "REPLAYED",
    "IdempotencyKey",
    "Once",
    "forget_account",
    "forget_before",
]

# Senders try again within hours; Stripe, from whom the header is, forgets keys after a day.
KEPT_MS: Final = 7 * 86_400_000
"""So long the first answer is given again."""

REPLAYED: Final = "Idempotency-Replayed"
"""Header of an answer that was given before."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,128}$",
        description="Made by the caller for each request; the same again gives the same answer.",
    ),
]
_Out = TypeVar("_Out", bound=BaseModel)


class _TakenError(Exception):
    """Another request with the same key was faster."""


class Once:
    """A dependency of routes that change something.

    Args:
        request: What is answered.
        response: Where the header goes.
        held: The database and the clock.
        key: What the caller sent, if anything.
    """

    def __init__(
        self,
        request: Request,
        response: Response,
        held: Annotated[Service, Depends(service)],
        key: IdempotencyKey = None,
    ) -> None:
        self._what = f"{request.method} {request.url.path}"
        self._response = response
        self._held = held
        self._key = key

    def run(
        self,
        who: Principal,
        asked: BaseModel | str,
        kind: type[_Out],
        work: Callable[[Session], _Out],
    ) -> _Out:
        """Does the work in a transaction of its own, or gives the answer that it had.

        Args:
            who: Whose key it is; others may use the same.
            asked: The body, or a digest of it.
            kind: Of the answer.
            work: Writes through the session that it is given, and nowhere else. If it raises,
                nothing is kept, and the same key may be used again.

        Raises:
            Problem: 422, the key was used for another request.
        """
        if self._key is None:
            with self._held.database.session() as session:
                return work(session)
        digest = self._digest(asked)
        try:
            return self._first(who, self._key, digest, kind, work)
        except _TakenError:
            with self._held.database.reading() as session:
                row = session.get(Idempotency, (who.key_id, self._key))
                if row is None:  # the other one failed and took its key back
                    raise Problem(409, "idempotency-key-in-use", "send it again") from None
                return self._again(row, digest, kind)

    def _first(
        self, who: Principal, key: str, digest: str, kind: type[_Out], work: Callable[..., _Out]
    ) -> _Out:
        with self._held.database.session() as session:
            found = session.get(Idempotency, (who.key_id, key))
            if found is not None:
                return self._again(found, digest, kind)
            row = Idempotency(
                tenant_id=who.tenant_id,
                owner=who.key_id,
                key=key,
                request=digest,
                created_ms=self._held.clock(),
            )
            session.add(row)
            try:
                session.flush()  # PostgreSQL waits here for another transaction with this key
            except IntegrityError:
                raise _TakenError from None
            result = work(session)
            row.answer = result.model_dump(mode="json", by_alias=True)
            return result

    def _again(self, row: Idempotency, digest: str, kind: type[_Out]) -> _Out:
        if row.request != digest:
            raise Problem(
                422,
                "idempotency-key-reused",
                "the key was used for another request; make a new one",
            )
        self._response.headers[REPLAYED] = "true"
        return kind.model_validate(row.answer)

    def _digest(self, asked: BaseModel | str) -> str:
        body = asked if isinstance(asked, str) else asked.model_dump_json()
        return hashlib.sha256(f"{self._what}\n{body}".encode()).hexdigest()


def forget_before(session: Session, before_ms: int) -> int:
    """Drops answers given before that time, and says how many; their keys may be used again."""
    old = delete(Idempotency).where(Idempotency.created_ms < before_ms)
    return int(session.execute(old).rowcount)  # type: ignore[attr-defined]


def forget_account(
    session: Session, tenant_id: str, account_id: str, decisions: Collection[str]
) -> int:
    """Drops answers about an account, or that tell of one of these decisions; says how many."""
    told = Idempotency.answer
    about = told["subject_kind"].as_string() == "account"
    gone = delete(Idempotency).where(
        Idempotency.tenant_id == tenant_id,
        or_(
            and_(about, told["subject_id"].as_string() == account_id),
            told["id"].as_string().in_(decisions),
        ),
    )
    found = session.execute(gone, execution_options={"synchronize_session": False})
    return int(found.rowcount)  # type: ignore[attr-defined]
