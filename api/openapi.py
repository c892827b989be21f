"""How the service describes itself; kept in `docs/openapi.json`.

`python -m zhenzan.api.openapi docs/openapi.json` writes it again; a test compares.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from zhenzan.api.problems import FaultOut, ProblemOut

__all__ = ["described", "document", "page"]

VERSION: Final = "1"
"""Of the interface: rises when a caller would have to change."""

_BYTES: Final = {"type": "string", "format": "binary"}
_EVENT: Final = {
    "description": "One event; `data` is JSON.",
    "type": "object",
    "properties": {
        "data": {"type": "string"},
        "event": {"type": "string"},
        "id": {"type": "string"},
        "retry": {"type": "integer", "minimum": 0},
    },
}
_ABOUT: Final = """\
Scores comment sections, accounts and comments for likely purchased engagement, with evidence and
intervals. It reports likelihood about activity received; it accuses nobody and decides nothing.
Coordinated, purchased and automated are three findings.
"""


def described() -> dict[str, Any]:
    """Title, text and version for the application."""
    return {"title": "Zhenzan", "description": _ABOUT, "version": VERSION}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of `/v1`, with the schema of problems."""
    made = get_openapi(routes=app.routes, openapi_version="3.1.0", **described())
    found: dict[str, Any] = json.loads(json.dumps(made))  # parts of it are shared
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    problem = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    problem.pop("$defs", None)
    schemas["Problem"] = problem
    schemas["FaultOut"] = FaultOut.model_json_schema()
    for name in ("HTTPValidationError", "ValidationError"):  # ours are problems
        schemas.pop(name, None)
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    for answer in _answers(found):
        for media, content in answer.get("content", {}).items():
            if media == "text/event-stream":
                content["schema"] = _EVENT
            elif media == "application/json" and content.get("schema") == _BYTES:
                content["schema"] = {"type": "object"}  # a file that is JSON
    return found


def _answers(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in found["paths"].values():
        for operation in item.values():
            yield from operation["responses"].values()


def page(app: FastAPI) -> str:
    """The document as the text of a file."""
    return json.dumps(document(app), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    from zhenzan.api.app import create_app

    Path(sys.argv[1]).write_text(page(create_app()), encoding="utf-8", newline="\n")
