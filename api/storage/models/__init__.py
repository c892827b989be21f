"""The tables, one file a resource. Every row belongs to a tenant; times are milliseconds, UTC."""

from __future__ import annotations

from zhenzan.api.storage.models.api_key import ApiKey
from zhenzan.api.storage.models.assignment import Assignment
from zhenzan.api.storage.models.audit_event import AuditEvent
from zhenzan.api.storage.models.base import Base
from zhenzan.api.storage.models.context import DeclaredContext
from zhenzan.api.storage.models.decision import Decision
from zhenzan.api.storage.models.idempotency import Idempotency
from zhenzan.api.storage.models.job import Job, JobEvent
from zhenzan.api.storage.models.login_session import LoginSession
from zhenzan.api.storage.models.reference import NamedReference
from zhenzan.api.storage.models.scan import StoredScan
from zhenzan.api.storage.models.stream import Stream, StreamBatch, StreamSection
from zhenzan.api.storage.models.tenant import DEFAULT_TENANT, Tenant

__all__ = [
    "DEFAULT_TENANT",
    "ApiKey",
    "Assignment",
    "AuditEvent",
    "Base",
    "Decision",
    "DeclaredContext",
    "Idempotency",
    "Job",
    "JobEvent",
    "LoginSession",
    "NamedReference",
    "StoredScan",
    "Stream",
    "StreamBatch",
    "StreamSection",
    "Tenant",
]
