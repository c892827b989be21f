"""Takes one account out of the statements and insights of a scan.

An id may be any text, a number as well. So a line is only changed where it refers to the account:
as its subject, or among references that are accounts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

__all__ = ["lines_without"]

_PEOPLE: Final = ("account", "creator")  # kinds of subjects whose id is one of an account
_REFS_ARE_ACCOUNTS: Final = frozenset(
    {"account.births", "account.ids", "account.names", "account.retracted", "audience.region",
     "coengagement.partners"}
)  # fmt: skip
"""Statements that rest on accounts; others rest on sections and comments, or on either."""


def lines_without(path: Path, draft: Path, account_id: str, instead: str, *, also: bool) -> int:
    """Writes a file of JSON lines without an account.

    Args:
        path: `evidence.jsonl` or `insights.jsonl`.
        draft: Where the lines go.
        account_id: As it stands in the scan.
        instead: What stands there from now on.
        also: Whether a section, comment or campaign has the same id.

    Returns:
        How many lines referred to it; all others are copied as they are.
    """
    found = 0
    spelled = json.dumps(account_id, ensure_ascii=False)
    with (
        path.open(encoding="utf-8", newline="\n") as lines,
        draft.open("w", encoding="utf-8", newline="\n") as out,
    ):
        for line in lines:
            record = json.loads(line) if spelled in line else None
            if isinstance(record, dict) and _refers(record, account_id, also=also):
                told = _without(record, account_id, instead, also=also)
                out.write(json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n")
                found += 1
            else:
                out.write(line)
    return found


def _is_subject(record: Mapping[str, Any], account_id: str) -> bool:
    subject = record.get("subject") or {}
    return subject.get("kind") in _PEOPLE and subject.get("id") == account_id


def _in_refs(record: Mapping[str, Any], account_id: str, *, also: bool) -> bool:
    """Whether one of the references is the account, and not its namesake."""
    if account_id not in record.get("refs", ()):
        return False
    reason = str(record.get("reason", "")).partition("@")[0]
    if reason in _REFS_ARE_ACCOUNTS or not also:
        return True
    return reason.startswith("model.") and _is_subject(record, account_id)  # they name the subject


def _refers(record: Mapping[str, Any], account_id: str, *, also: bool) -> bool:
    return _is_subject(record, account_id) or _in_refs(record, account_id, also=also)


def _without(
    record: Mapping[str, Any], account_id: str, instead: str, *, also: bool
) -> dict[str, Any]:
    told = {name: _reworded(value, account_id, instead) for name, value in record.items()}
    if _is_subject(record, account_id):
        told["subject"] = {**record["subject"], "id": instead}
    if _in_refs(record, account_id, also=also):
        told["refs"] = [instead if ref == account_id else ref for ref in record["refs"]]
    return told


def _reworded(value: Any, account_id: str, instead: str) -> Any:
    """Texts in two languages with the id replaced as a whole word; all else as it is."""
    if isinstance(value, list):
        return [_reworded(one, account_id, instead) for one in value]
    if not isinstance(value, dict) or set(value) != {"zh", "en"} or not _is_name(account_id):
        return value
    # Chinese is written without spaces: only signs of an id may not stand beside it.
    whole = re.compile(rf"(?<![0-9A-Za-z_:.-]){re.escape(account_id)}(?![0-9A-Za-z_:-]|\.\w)")
    return {
        name: whole.sub(instead, text) if isinstance(text, str) else text
        for name, text in value.items()
    }


def _is_name(account_id: str) -> bool:
    """Whether a sentence that holds it means the id: a number is a figure, a word a word."""
    letters = re.search(r"[^\W\d_]", account_id)
    return bool(letters) and not account_id.isalpha()
