"""From the body of a request to files on disk and the job that they are for."""

from __future__ import annotations

import base64
import json
import os
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from zhenzan.api.context import Service
from zhenzan.api.jobs.intake import Intake, MultipartIntake, RawIntake
from zhenzan.api.jobs.packed import check_declared
from zhenzan.api.jobs.places import JobFolder
from zhenzan.api.jobs.request import FileTold, JobOptions, JobRequest
from zhenzan.api.problems import Problem

__all__ = ["UPLOAD_BODY", "digest_of_upload", "receive_upload"]

_PIECE: Final = 1 << 20  # handed to a thread at once, so that the loop goes on

UPLOAD_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "Any number of files, each with its name.",
                        },
                        "options": {"type": "string", "description": "`JobOptions` as JSON."},
                    },
                }
            },
        },
    }
}
"""What OpenAPI says about the body, which the route reads itself."""


async def receive_upload(
    request: Request,
    folder: JobFolder,
    held: Service,
    name: str | None,
    title: str | None,
    options: str | None,
) -> JobRequest:
    """Writes the body below `folder.inputs` and returns what is asked for.

    Raises:
        Problem: 413, 415, 422 for bodies that are not taken.
        InputError: A zip that declares itself a bomb.
        RequestValidationError: Options that cannot be right.
    """
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        detail = "send the bytes as they are; files may be packed themselves (.gz, .zst, .zip)"
        raise Problem(415, "content-encoding", detail)
    kind = request.headers.get("content-type", "")
    limit = held.settings.max_upload_bytes
    intake = await run_in_threadpool(_opened, folder, limit, kind, name)
    try:
        await _fill(intake, request)
        await run_in_threadpool(intake.finish)
    finally:
        intake.close()
    _check_digest(request, intake)
    await run_in_threadpool(_look_at, folder, intake, held.clock())
    told = tuple(FileTold(name=f.name, size=f.size, sha256=f.sha256) for f in intake.files)
    chosen = _options(intake.options or (options or "").encode("utf-8"))
    return JobRequest(title=title or "", files=told, options=chosen)


def digest_of_upload(asked: JobRequest) -> str:
    """What makes two uploads equal: names and bytes of their files, title, options."""
    return json.dumps(asked.model_dump(mode="json"), sort_keys=True)


def _opened(folder: JobFolder, limit: int, kind: str, name: str | None) -> Intake:
    folder.make()
    if kind.partition(";")[0].strip().lower() == "multipart/form-data":
        return MultipartIntake(folder.inputs, limit, kind)
    return RawIntake(folder.inputs, limit, name)


async def _fill(intake: Intake, request: Request) -> None:
    waiting, size = [], 0
    async for piece in request.stream():
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE:
            await run_in_threadpool(intake.feed, b"".join(waiting))
            waiting, size = [], 0
    await run_in_threadpool(intake.feed, b"".join(waiting))


def _look_at(folder: JobFolder, intake: Intake, now_ms: int) -> None:
    """Refuses bombs; says when the files were collected, where nothing else does: now."""
    for file in intake.files:
        path = folder.inputs / file.name
        check_declared(path)
        os.utime(path, ns=(now_ms * 1_000_000, now_ms * 1_000_000))


def _options(given: bytes) -> JobOptions:
    if not given.strip():
        return JobOptions()
    try:
        return JobOptions.model_validate_json(given)
    except ValidationError as error:
        faults = [{**fault, "loc": ("options", *fault["loc"])} for fault in error.errors()]
        raise RequestValidationError(faults) from error


def _check_digest(request: Request, intake: Intake) -> None:
    """Compares a body that is one file with the SHA-256 that `Content-Digest` (RFC 9530) names."""
    if not isinstance(intake, RawIntake):
        return  # the header is about the whole form, whose bytes are not kept
    for part in request.headers.get("content-digest", "").split(","):
        name, _, value = part.strip().partition("=")
        if name.lower() != "sha-256":
            continue
        try:
            wanted = base64.b64decode(value.strip(":"), validate=True).hex()
        except ValueError as error:
            raise Problem(422, "digest", "Content-Digest cannot be read") from error
        if wanted != intake.files[0].sha256:
            raise Problem(422, "digest", "the body does not have the digest that was announced")
