"""A trained model on disk: LightGBM's text and JSON. Loading reads; nothing in a bundle is run.

    <bundle>/
      bundle.json                          what it is, what it reads, calibration, training, digests
      section.txt account.txt comment.txt  the trees of each unit that was trained
      section_low.txt section_high.txt     trees for the number purchased, where they were trained

The digest covers everything, so that a changed file is refused, and `run.json` can name the model.
It has no key: whoever writes a bundle can make its digests match, so trees are checked as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

from zhenzan.features.errors import InputError, UsageError
from zhenzan.models.applicability import Seen
from zhenzan.models.calibration import Calibration
from zhenzan.models.intervals import Amounts, Widening
from zhenzan.models.tree_text import checked_trees

__all__ = ["FORMAT", "Bundle", "UnitModel", "check_place"]

FORMAT: Final = 1
"""Raised where older code could misread a bundle."""
_FILE: Final = "bundle.json"
_LARGEST: Final = 10 << 20  # bytes of one file: the bound on a whole shipped bundle
_UNITS: Final = ("section", "account", "comment")


@dataclass(frozen=True, slots=True)
class UnitModel:
    """The model of sections, accounts or comments.

    Attributes:
        columns: What the trees read, in their order.
        trees: LightGBM's text.
        seen: What the training rows looked like.
        calibrations: By capability class; a class without one gets no probability.
        conformal: By capability class, widths to add to the intervals of attribution; sections.
        amounts: Trees for the number purchased; they take the place of `conformal` in the classes
            that they know.
        silent: Classes whose probabilities only serve the interval and are not stated: out of
            fold they were too far from what happened.
        stand_ins: By capability class, what a score of the rules is worth, for rows that the trees
            have not seen the like of.
    """

    columns: tuple[str, ...]
    trees: str
    seen: Seen
    calibrations: Mapping[str, Calibration]
    conformal: Mapping[str, float] = field(default_factory=dict)
    amounts: Amounts | None = None
    silent: tuple[str, ...] = ()
    stand_ins: Mapping[str, Calibration] = field(default_factory=dict)

    def files(self, unit: str) -> dict[str, str]:
        """Name to content of each text file of trees."""
        made = {f"{unit}.txt": self.trees}
        if self.amounts is not None:
            made |= dict(zip(_amount_files(unit), self.amounts.trees, strict=True))
        return made


@dataclass(frozen=True, slots=True)
class Bundle:
    """Models of the units, and where they come from.

    Attributes:
        name: Chosen by whoever trained it.
        versions: Feature family to version; what the columns mean.
        units: Unit to model.
        training: Settings, data, seeds and held-out figures; plain values.
    """

    name: str
    versions: Mapping[str, int]
    units: Mapping[str, UnitModel]
    training: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of everything that the bundle says."""
        return _digest(self._content())

    def save(self, folder: Path) -> None:
        """Writes the bundle.

        Raises:
            UsageError: As of `check_place`.
        """
        check_place(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for unit in _UNITS:
            for name in (f"{unit}.txt", *_amount_files(unit)):
                (folder / name).unlink(missing_ok=True)
        for unit, model in self.units.items():
            for name, trees in model.files(unit).items():
                (folder / name).write_text(trees, encoding="utf-8", newline="\n")
        text = json.dumps(
            {**self._content(), "digest": self.digest}, ensure_ascii=False, indent=1,
            sort_keys=True, allow_nan=False,
        )  # fmt: skip
        (folder / _FILE).write_text(text + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, folder: Path | str) -> Bundle:
        """Reads a bundle and proves that it is whole.

        Raises:
            InputError: It is none, was changed, or was written by a later version.
        """
        path = Path(folder)
        try:
            content = json.loads(_read(path / _FILE))
            if content["format"] != FORMAT:
                raise InputError(
                    "a bundle of another format", path=path, found=str(content["format"]),
                    expected=str(FORMAT),
                )  # fmt: skip
            said = content.pop("digest")
            if _digest(content) != said:
                raise InputError("was changed after it was written: digests differ", path=path)
            units = {unit: _unit(path, unit, value) for unit, value in content["units"].items()}
            versions = {str(k): int(v) for k, v in content["versions"].items()}
            return cls(str(content["name"]), versions, units, content["training"])
        except RecursionError as error:
            raise InputError("is no whole bundle: nested too deep", path=path) from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"is no whole bundle: {error!r}", path=path) from error

    def check_versions(self, versions: Mapping[str, int], columns: Mapping[str, Any]) -> None:
        """Refuses features that mean something else than those it was trained on.

        Args:
            versions: Family to version, of this installation.
            columns: Unit to the columns known here.

        Raises:
            UsageError: A family is absent or of another version, or a column is gone; says which.
        """
        used = {c.split("__")[0] for m in self.units.values() for c in m.columns}
        wrong = [
            f"{family}: trained on version {self.versions.get(family)}, here "
            + (f"version {versions[family]}" if family in versions else "absent")
            for family in sorted(used)
            if self.versions.get(family) != versions.get(family)
        ]
        for unit, model in self.units.items():
            gone = [c for c in model.columns if c not in columns.get(unit, ())]
            if gone and not wrong:
                wrong.append(f"{unit} has no {', '.join(gone)}")
        if wrong:
            raise UsageError(
                f"model {self.name!r} reads other features than this installation gives: "
                f"{'; '.join(wrong)}. Train it again, or use the version it was made with"
            )

    def _content(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "name": self.name,
            "versions": dict(self.versions),
            "training": dict(self.training),
            "units": {unit: _described(model) for unit, model in self.units.items()},
        }


def _described(model: UnitModel) -> dict[str, Any]:
    made: dict[str, Any] = {
        "columns": list(model.columns),
        "sha256": _sha256(model.trees),
        "seen": model.seen.to_json(),
        "calibrations": {c: v.to_json() for c, v in model.calibrations.items()},
        "conformal": dict(model.conformal),
    }
    if model.amounts is not None:
        made["amounts"] = {
            "sha256": [_sha256(text) for text in model.amounts.trees],
            "widenings": {c: v.to_json() for c, v in model.amounts.widenings.items()},
        }
    if model.silent:
        made["silent"] = list(model.silent)
    if model.stand_ins:
        made["stand_ins"] = {c: v.to_json() for c, v in model.stand_ins.items()}
    return made


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _amount_files(unit: str) -> tuple[str, str]:
    return f"{unit}_low.txt", f"{unit}_high.txt"


def _unit(path: Path, unit: str, value: Mapping[str, Any]) -> UnitModel:
    if unit not in _UNITS:
        raise InputError("holds an unknown unit", path=path, found=unit)
    columns = tuple(str(c) for c in value["columns"])
    trees = _trees(path, f"{unit}.txt", value["sha256"], len(columns))
    seen = Seen.from_json(value["seen"])
    if len(set(columns)) < len(columns) or set(columns) != set(seen.low):
        raise ValueError(f"columns of {unit} that are named twice, or of which nothing was seen")
    return UnitModel(
        columns,
        trees,
        seen,
        {str(c): Calibration.from_json(v) for c, v in value["calibrations"].items()},
        {str(c): float(v) for c, v in value["conformal"].items()},
        _amounts(path, unit, value["amounts"], len(columns)) if "amounts" in value else None,
        tuple(str(c) for c in value.get("silent", ())),
        {str(c): Calibration.from_json(v) for c, v in value.get("stand_ins", {}).items()},
    )


def _amounts(path: Path, unit: str, value: Mapping[str, Any], n_columns: int) -> Amounts:
    low, high = (
        _trees(path, name, said, n_columns)
        for name, said in zip(_amount_files(unit), value["sha256"], strict=True)
    )
    return Amounts(
        (low, high), {str(c): Widening.from_json(v) for c, v in value["widenings"].items()}
    )


def _trees(path: Path, name: str, said: str, n_columns: int) -> str:
    text = _read(path / name)
    if _sha256(text) != said:
        raise InputError(f"the trees in {name} were changed: digests differ", path=path)
    try:
        checked_trees(text, n_columns)
    except ValueError as error:
        raise InputError(f"the trees in {name} are broken: {error}", path=path) from error
    return text


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > _LARGEST:
            raise InputError("is larger than any bundle of ours", path=file, expected="10 MB")
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot be read: {error}", path=file, expected="a bundle of `zhenzan train`"
        ) from error


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def check_place(folder: Path) -> None:
    """Refuses a folder to which no bundle can be written; makes nothing.

    Raises:
        UsageError: It holds something else than a bundle, or is closed to writing.
    """
    try:
        if folder.exists() and (not folder.is_dir() or _foreign(folder)):
            raise UsageError(f"{folder} is not empty and no bundle; choose another place")
        with TemporaryFile(dir=next(place for place in (folder, *folder.absolute().parents)
                                    if place.exists())):  # fmt: skip
            pass
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to ({error}); choose another") from error


def _foreign(folder: Path) -> bool:
    return any(folder.iterdir()) and not (folder / _FILE).is_file()
