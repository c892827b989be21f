"""Requests made from the OpenAPI document: no 5xx, no undocumented status, no other shape."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "negative_data_rejection",
    "missing_required_header", "allow_header_conformance", "use_after_free",
    "ensure_resource_availability", "ignored_auth",
)  # fmt: skip
"""Left out: `unsupported_method` (GET /v1/jobs/upload is the job named `upload`, which is no id)
and `positive_data_acceptance` (a body may be well formed and name what is not there)."""

EXAMPLES = 12
"""For each operation and phase."""


@pytest.mark.slow
def test_the_whole_interface(
    whole: Any,
    make_world: Callable[[str], Path],
    scan_it: Callable[..., Any],
) -> None:
    secret = whole.key("admin")
    with whole.caller("admin") as caller:
        scan_it(caller, make_world("fuzzed"), "fuzzed")
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("st")), "run", f"{whole.url}/v1/openapi.json",
            "--header", f"Authorization: Bearer {secret}", "--checks", ",".join(CHECKS),
            "--max-examples", str(EXAMPLES), "--seed", "1", "--continue-on-failure",
            "--warnings", "off", "--no-color",
        ],
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "PYTHONPATH": str(Path(__file__).parent),
        },
        cwd=whole.settings.data_dir, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
