"""The bundle that comes with the package: `zhenzan scan --model pretrained`.

Beside this file lie `bundle.json` and the trees, as `zhenzan train` writes them. It is an offer:
the rules stay the default, and bands are theirs in any case.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["PRETRAINED", "shipped_folder"]

PRETRAINED: Final = "pretrained"
"""What it is called where scorers are named."""


def shipped_folder() -> Path | None:
    """Where the bundle lies; None in an installation that came without one."""
    folder = Path(__file__).parent
    return folder if (folder / "bundle.json").is_file() else None
