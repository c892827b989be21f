"""Who reaches the top band of a whole scan: what was bought, and what only looks like it.

Bands are given twice: with the benign explanations that the world declares, and without any, since
most of what is innocent is declared by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
from zhenzan.detector.benchmark.figures import Row
from zhenzan.detector.benchmark.truth import AccountTruth
from zhenzan.detector.results import BANDS
from zhenzan.detector.steps import contexts_step, keep_attribution, scores_step
from zhenzan.detector.workspace import Workspace
from zhenzan.models.attribution.result import Attribution

__all__ = ["band_rows"]

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
    work.path("contexts").unlink(missing_ok=True)
    yield from _rows(work, accounts, sections, "undeclared")


def _rows(
    work: Workspace, accounts: AccountTruth, sections: pd.DataFrame, how: str
) -> Iterator[Row]:
    scores_step(work)
    band = work.frame("scored_sections").set_index("section_id")["band"]
    top = (band.reindex(sections["section_id"]) == _TOP).to_numpy()
    much = (sections["share_delivered"] >= _MUCH) & (sections["n_engagements"] >= _LEAST)
    if much.any():
        yield f"bought_top_{how}", "sections", float(top[much].mean())
    innocent = (~sections["ordered"]).to_numpy()
    names = sections["scenario"].to_numpy(str)
    for name in sorted(set(names[innocent])):
        yield f"section_top_{how}", name, float(top[innocent & (names == name)].mean())
    yield from _account_rows(work, accounts, how)


def _account_rows(work: Workspace, accounts: AccountTruth, how: str) -> Iterator[Row]:
    band = work.frame("scored_accounts").set_index("account_id")["band"]
    top = np.asarray(band.reindex(accounts.account_id) == _TOP)
    yield f"account_top_{how}", "organic", float(top[~accounts.delivered].mean())
    for name, inside in accounts.groups.items():
        if name.startswith("scenario:"):
            yield f"account_top_{how}", name.removeprefix("scenario:"), float(top[inside].mean())
    if accounts.delivered.any():
        yield f"bought_top_{how}", "accounts", float(top[accounts.delivered].mean())
