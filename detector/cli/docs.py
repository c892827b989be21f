"""`docs/commands.md`, made from the help texts: `python -m zhenzan.detector.cli.docs FILE`.

A test compares the file with what `--help` really prints.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import typer
from zhenzan.detector.cli.main import app

__all__ = ["COLUMNS", "commands_page", "help_texts"]

COLUMNS: Final = 90
"""Width of the terminal for which the page is made; the formatter leaves two columns free."""

_INTRO: Final = """\
# Commands

Made from the help texts by `python -m zhenzan.detector.cli.docs docs/commands.md`; edit those.

stdout is data, stderr is progress and logs: a bar on a terminal, plain lines elsewhere. `--json`
prints one JSON document instead of text. Nothing a file holds can act on the terminal: control and
direction characters are shown as codes.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | internal error, or a statement failed; `zhenzan --debug …` shows where |
| 2 | input or usage: the message names the file, what stood there and what was expected |
| 3 | a missing optional dependency or service |
| 130 | interrupted; `zhenzan scan … --resume` continues |

A scan appears under its name by one rename, when it is complete. Until then the run lives in
`DIR.partial/`, with a digest of every table that a finished step wrote. `--resume` continues after
the last finished step where options, versions and input digests agree, and says why where they do
not. `--memory`, `--spill-dir` and `--threads` may differ. The same input, options, key and version
give the same bytes in every file but `run.json`.
"""


def help_texts() -> dict[str, str]:
    """Command (`zhenzan` for all of them) to its help, in the order of the list of commands."""
    group: Any = typer.main.get_command(app)
    wide = {"terminal_width": COLUMNS - 2, "resilient_parsing": True}
    root = group.make_context("zhenzan", [], **wide)
    found = {"zhenzan": root.get_help()}
    _add_helps(found, "zhenzan", group, root, wide)
    return found


def _add_helps(found: dict[str, str], before: str, group: Any, root: Any, wide: Any) -> None:
    for name in group.list_commands(root):
        command = group.get_command(root, name)
        context = command.make_context(name, [], parent=root, **wide)
        found[f"{before} {name}"] = context.get_help()
        if hasattr(command, "list_commands"):
            _add_helps(found, f"{before} {name}", command, context, wide)


def commands_page() -> str:
    """The whole page."""
    parts = [_INTRO]
    for name, text in help_texts().items():
        parts.append(f"## `{name}`\n\n```text\n{text.rstrip()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(commands_page(), encoding="utf-8", newline="\n")
