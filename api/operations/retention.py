"""What is kept no longer: everything of a certain age, and everything of one account."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import delete, select
from zhenzan.api.jobs.states import OVER
from zhenzan.api.jobs.store import RemoteStore, StoreBase
from zhenzan.api.once import KEPT_MS, forget_account, forget_before
from zhenzan.api.operations.stream_retention import BusyError, purge_quiet, purge_rows_of
from zhenzan.api.operations.unlink import unlink
from zhenzan.api.request_log import where
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import (
    Assignment,
    Decision,
    Job,
    NamedReference,
    StoredScan,
    Stream,
)
from zhenzan.features.errors import UsageError

__all__ = ["DAY_MS", "Purged", "purge_account", "purge_old"]

DAY_MS: Final = 86_400_000
_STAYS_OLD: Final = (
    "scans that a reference is named after: their sections are judged by them",
    "decisions, appeals and the audit log: they are what was decided, and by whom",
)
_STAYS_ACCOUNT: Final = (
    "figures of sections and campaigns: they count the account without naming it",
    "ids of campaigns: hashes of their members, which lead to nobody",
    "the audit log: it names decisions, no accounts",
    "files below configured roots, copies of databases, backups: they are yours to delete",
)


@dataclass(slots=True)
class Purged:
    """What went, by kind, what stays in words, and what is to be tried again."""

    gone: dict[str, int] = field(default_factory=dict)
    stays: tuple[str, ...] = ()
    failed: list[str] = field(default_factory=list)

    def add(self, kind: str, count: int) -> None:
        """Counts what went."""
        self.gone[kind] = self.gone.get(kind, 0) + count

    def fail(self, what: str, error: Exception) -> None:
        """Notes what could not be done; messages of errors may hold what people wrote."""
        facts = where(error)
        inside = f"{facts['error']} at {facts['at'][-1]}"
        self.failed.append(f"{what}: {error if isinstance(error, BusyError) else inside}")


def purge_old(
    database: Database, store: StoreBase, settings: Settings, now_ms: int, days: int
) -> Purged:
    """Deletes scans, jobs that are over, kept answers, and rows of streams of that age.

    A section of a stream goes as a whole, once nothing came for it for so long. A stream that is
    being judged all the while is told in `failed` and left to the next time.

    Args:
        database: Of the service.
        store: With the scans.
        settings: Of the service.
        now_ms: The present.
        days: From which age on.
    """
    before, done = now_ms - days * DAY_MS, Purged(stays=_STAYS_OLD)
    with database.reading() as session:
        named = select(NamedReference.scan_id)
        old = list(session.scalars(select(StoredScan).where(
            StoredScan.created_ms < before, StoredScan.deleted_ms.is_(None),
            StoredScan.id.not_in(named),
        )))  # fmt: skip
        streams = list(session.scalars(select(Stream)))
    for scan in old:
        with database.session() as session:
            row = session.get(StoredScan, scan.id)
            if row is not None:
                row.deleted_ms, row.title, row.summary = now_ms, "", {}
        store.delete(scan.tenant_id, scan.id)
        done.add("scans", 1)
    with database.session() as session:
        over = delete(Job).where(Job.status.in_(OVER), Job.created_ms < before)
        done.add("jobs", session.execute(over).rowcount)  # type: ignore[attr-defined]
        done.add("kept answers", forget_before(session, now_ms - min(days * DAY_MS, KEPT_MS)))
    for stream in streams:
        try:
            done.add("rows of streams", purge_quiet(database, settings, stream, before))
        except Exception as error:  # the next hour it may go; the other streams go now
            done.fail(f"stream {stream.name}", error)
    return done


def purge_account(
    database: Database,
    store: StoreBase,
    settings: Settings,
    tenant_id: str,
    account_id: str,
) -> Purged:
    """Takes one account out of all that a tenant keeps.

    Its rows leave the streams, whose sections are judged again; in scans its id becomes a random
    one and the texts of its comments go; decisions about it are deleted.

    Args:
        database: Of the service.
        store: With the scans.
        settings: Of the service.
        tenant_id: Whose data.
        account_id: As it stands in scans and streams: hashed where they hold hashes.

    Raises:
        UsageError: Scans lie in a store whose files cannot be replaced one by one.
    """
    if isinstance(store, RemoteStore):
        raise UsageError("scans in a remote store cannot be rewritten from here: delete them")
    done, instead = Purged(stays=_STAYS_ACCOUNT), f"gone:{secrets.token_hex(12)}"
    with database.reading() as session:
        kept = StoredScan.tenant_id == tenant_id, StoredScan.deleted_ms.is_(None)
        scans = list(session.scalars(select(StoredScan.id).where(*kept)))
        streams = list(session.scalars(select(Stream).where(Stream.tenant_id == tenant_id)))
    for scan_id in scans:
        try:
            mentions = unlink(store.local(tenant_id, scan_id), account_id, instead)
        except Exception as error:  # the others are not to keep it for that
            done.fail(f"scan {scan_id}", error)
        else:
            done.add("mentions in scans", mentions)
    for stream in streams:
        try:
            done.add("rows of streams", purge_rows_of(database, settings, stream, account_id))
        except Exception as error:
            done.fail(f"stream {stream.name}", error)
    _purge_decisions(database, tenant_id, account_id, done)
    return done


def _purge_decisions(database: Database, tenant_id: str, account_id: str, done: Purged) -> None:
    """Decisions about the account with their appeals and rulings, and who was to look at it."""
    with database.session() as session:
        about = Decision.subject_kind == "account", Decision.subject_id == account_id
        ids = set(session.scalars(
            select(Decision.id).where(Decision.tenant_id == tenant_id, *about)
        ))  # fmt: skip
        more = set(ids)
        while more:  # what names a decision goes with it
            more = set(session.scalars(select(Decision.id).where(Decision.appeal_of.in_(more))))
            ids |= more
        done.add("kept answers", forget_account(session, tenant_id, account_id, ids))
        while ids:  # the last first: rows refer to each other
            named = select(Decision.appeal_of).where(Decision.appeal_of.is_not(None))
            last = delete(Decision).where(Decision.id.in_(ids), Decision.id.not_in(named))
            removed = session.execute(last).rowcount  # type: ignore[attr-defined]
            done.add("decisions", removed)
            ids = set(session.scalars(select(Decision.id).where(Decision.id.in_(ids))))
            if not removed:
                break
        session.execute(
            delete(Assignment).where(
                Assignment.tenant_id == tenant_id,
                Assignment.subject_kind == "account",
                Assignment.subject_id == account_id,
            )
        )
