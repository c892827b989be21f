"""Models that jobs may name: installed scorers, and bundles in `<data_dir>/models/<name>/`."""

from __future__ import annotations

from pathlib import Path

from zhenzan.features.errors import UsageError, printable

__all__ = ["model_names", "model_place"]


def model_names(data_dir: Path) -> tuple[str, ...]:
    """What `model` may say."""
    from zhenzan.models.scorers.registry import scorer_names

    bundles = sorted(file.parent.name for file in (data_dir / "models").glob("*/bundle.json"))
    return (*scorer_names(), *(name for name in bundles if name not in scorer_names()))


def model_place(data_dir: Path, name: str | None) -> str | None:
    """What a scan calls the model: a scorer's name, or the folder of a bundle; None means rules.

    Raises:
        UsageError: There is no model of that name. A path is none.
    """
    if name is None:
        return None
    known = model_names(data_dir)
    if name not in known:
        raise UsageError(f"there is no model {printable(name)!r}; models: {', '.join(known)}")
    folder = data_dir / "models" / name
    return str(folder) if (folder / "bundle.json").is_file() else name
