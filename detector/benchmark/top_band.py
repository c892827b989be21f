"""Who reaches the top band of a whole scan: what was bought, and what only looks like it.

Bands are given twice: with the benign explanations that the world declares beside those that the
data show, and with the latter alone, since most of what is innocent is declared by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from zhenzan.detector.benchmark.figures import Row
from zhenzan.detector.benchmark.truth import AccountTruth, innocent_sections
from zhenzan.detector.results import BANDS
from zhenzan.detector.steps import contexts_step, keep_attribution, scores_step
from zhenzan.detector.workspace import Workspace
from zhenzan.models.attribution.result import Attribution

__all__ = ["band_rows"]

Flags = NDArray[np.bool_]

_TOP: Final = BANDS[-1]
_MUCH: Final = 0.3  # share delivered from which a section should reach the top band
_LEAST: Final = 20  # likes below which a scan abstains (H12)


def band_rows(
    work: Workspace, found: Attribution, accounts: AccountTruth, sections: pd.DataFrame
) -> Iterator[Row]:
    """Shares in the top band, of sections and of accounts.

    Args:
        work: A run that has finished its templates.
        found: Of our model, on the tables of that run.
        accounts: Truth.
        sections: Of `read_sections`.
    """
    work.info["attribution"] = keep_attribution(work, found)
    contexts_step(work)
    yield from _rows(work, accounts, sections, "declared")
    _forget_declared(work)
    contexts_step(work)
    yield from _rows(work, accounts, sections, "undeclared")


def _forget_declared(work: Workspace) -> None:
    """What the world declares; what the data show is found again."""
    work.path("contexts").unlink(missing_ok=True)
    told = work.info["ingest"]
    work.info["ingest"] = {**told, "tables": [t for t in told["tables"] if t != "context"]}


def _rows(
    work: Workspace, accounts: AccountTruth, sections: pd.DataFrame, how: str
) -> Iterator[Row]:
    scores_step(work)
    band = work.frame("scored_sections").set_index("section_id")["band"]
    top = (band.reindex(sections["section_id"]) == _TOP).to_numpy()
    much = (sections["share_delivered"] >= _MUCH) & (sections["n_engagements"] >= _LEAST)
    if much.any():
        yield f"bought_top_{how}", "sections", float(top[much].mean())
    innocent = innocent_sections(sections)
    yield from _shares(f"section_top_{how}", top, innocent)
    yield from _account_rows(work, accounts, how)


def _account_rows(work: Workspace, accounts: AccountTruth, how: str) -> Iterator[Row]:
    band = work.frame("scored_accounts").set_index("account_id")["band"]
    top = np.asarray(band.reindex(accounts.account_id) == _TOP)
    hard = {name: who for name, who in accounts.groups.items() if name.startswith("scenario:")}
    yield from _shares(f"account_top_{how}", top, {"organic": ~accounts.delivered, **hard})
    if accounts.delivered.any():
        yield f"bought_top_{how}", "accounts", float(top[accounts.delivered].mean())


def _shares(metric: str, top: Flags, groups: Mapping[str, Flags]) -> Iterator[Row]:
    """Share of each group in the top band, and that of the worst hard negative."""
    shares = {name: float(top[inside].mean()) for name, inside in groups.items() if inside.any()}
    hard = [share for name, share in shares.items() if name.startswith("scenario:")]
    if hard:
        yield metric, "worst hard negative", max(hard)
    for name, share in shares.items():
        yield metric, name, share
