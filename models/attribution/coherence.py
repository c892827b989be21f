"""Audience coherence: do suspicious acts of an account serve one audience or strangers (step 6).

Creators get a vector of their organic audience (TF-IDF of the accounts weighted by 1 - q, truncated
SVD by a seeded random projection, Halko, Martinsson & Tropp 2011). Whoever is visited by hardly
anybody else than suspected workers has none. The coherence of an account is the mean similarity of
the creators of two of its suspicious acts in different sections, corrected for chance: 1 is one
fandom, one class, one company; 0 is a pool that serves strangers. A creator without an organic
audience of its own is similar to itself only: undefined never reads as one fandom. An act is its
community's own where what is suspicious around it is coherent and its account's *other* suspicious
acts are mostly for creators of that audience.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit
from zhenzan.models.attribution.config import AttributionConfig
from zhenzan.models.attribution.events import Events

__all__ = ["MIN_SUSPICION", "Coherence", "coherence", "explained"]

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

_DIMENSIONS: Final = 24
_POWER_STEPS: Final = 2  # enough for slowly falling spectra (Halko et al., section 4.5)
_MIN_AUDIENCE: Final = 5.0  # organic acts of accounts seen elsewhere, below which nothing is known
# Of the visits by accounts seen elsewhere at least so much must be organic: else what is left of a
# pool's own acts is the "audience" of whom it serves. Owners of the star ring keep a tenth, so that
# 10 of its 26 repositories are found without this, 25 with it; small worlds without creators stay
# as they are (3 of 132 sections above 0.3; with audiences weighted by 1 - 2q instead 12 are).
_MIN_ORGANIC: Final = 0.25
# An act is a community's own where the attributed acts of its stream are coherent and its account's
# other suspicious acts are mostly for the like of its creator. On the simulated default world 99 in
# 100 acts of fan clubs and classes have 0.94 and 0.82 or more, 99 in 100 delivered ones 0.19 and
# 0.36 or less; the stars of the ring have 0.54 and 0.84 at the third quartile, never 0.92 around.
_AROUND: Final = 0.75
_OWN: Final = 0.5
# Of an account without other suspicious acts, nothing but its company in the stream is known: the
# community must hold most of what is suspicious there.
_BYSTANDER: Final = 0.85
_WIDTH: Final = 0.04
# An account is looked at if two of its visits are at least so suspicious.
MIN_SUSPICION: Final = 0.1


@dataclass(frozen=True, slots=True)
class Coherence:
    """How far acts serve one audience.

    Attributes:
        account: Coherence of all suspicious acts, by account code; NaN where undefined.
        community: Part of each act's posterior that a coherent community explains, 0 to 1.
        vectors: Of each creator, unit or zero where nothing is known; no rows where no account
            was looked at. chance: Similarity of two creators by chance.
    """

    account: Reals
    community: Reals
    vectors: Reals = field(default_factory=lambda: np.zeros((0, _DIMENSIONS)))
    chance: float = 0.0


def coherence(events: Events, q: Reals, creator: Ints, config: AttributionConfig) -> Coherence:
    """Coherence of every account, and how far each act is explained by a coherent community.

    Args:
        events: The acts.
        q: Their posteriors.
        creator: Creator code of each section code.
        config: `coherence_min` is the least sum of posteriors that defines a coherence.
    """
    size = len(events.n_sections)
    account = np.full(size, np.nan)
    community = np.zeros(events.n)
    visits = _visits(events, q)
    if visits is None:
        return Coherence(account, community)
    owner, section, suspicion = visits
    by = creator[section]
    total = np.bincount(owner, suspicion, size)
    square = np.bincount(owner, suspicion**2, size)
    several = np.bincount(owner, (suspicion > MIN_SUSPICION), size) >= 2
    chosen = np.flatnonzero((total >= config.coherence_min) & several)
    if not len(chosen):
        return Coherence(account, community)
    vectors, chance = _audiences(owner, by, 1.0 - suspicion, int(creator.max()) + 1, config.seed)
    served: Any = sparse.csr_matrix((suspicion, (owner, by)), shape=(size, len(vectors)))[chosen]
    defined = np.linalg.norm(vectors, axis=1) > 0
    alike = ((served @ vectors) ** 2).sum(axis=1)
    alike += np.asarray(served[:, ~defined].power(2).sum(axis=1)).ravel()
    pairs = np.maximum(total[chosen] ** 2 - square[chosen], 1e-9)
    similarity = (alike - square[chosen]) / pairs
    account[chosen] = np.clip((similarity - chance) / (1.0 - chance), 0.0, 1.0)
    row = np.full(size, -1, np.int64)
    row[chosen] = np.arange(len(chosen))
    own = _of_visits(row[owner], by, suspicion, served, vectors)
    own = np.clip((own - chance) / (1.0 - chance), 0.0, 1.0)
    return Coherence(account, explained(events, q, own), vectors, chance)


def _of_visits(row: Ints, by: Ints, suspicion: Reals, served: Any, vectors: Reals) -> Reals:
    """How alike each visit's creator is to those of its account's other suspicious visits.

    One visit elsewhere makes a member of a class no worker, nor a worker a member: unlike the
    coherence of an account, that of a visit is near 1 for the former's visits to its class.
    """
    known = row >= 0
    own = np.full(len(row), np.nan)
    r, b, s = row[known], by[known], suspicion[known]
    total = np.asarray(served.sum(axis=1)).ravel()
    direction = (served @ vectors)[r] - s[:, None] * vectors[b]
    alike = np.einsum("ij,ij->i", direction, vectors[b])
    undefined = np.linalg.norm(vectors[b], axis=1) == 0
    if undefined.any():
        same = np.asarray(served[r[undefined], b[undefined]]).ravel() - s[undefined]
        alike[undefined] = same
    own[known] = alike / np.maximum(total[r] - s, 1e-9)
    return own


def _visits(events: Events, q: Reals) -> tuple[Ints, Ints, Reals] | None:
    """Account, section and largest posterior of each (account, section)."""
    known = np.flatnonzero(events.visit >= 0)
    if not len(known):
        return None
    visit = events.visit[known]
    n = int(visit.max()) + 1
    owner, section, suspicion = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n)
    owner[visit] = events.account[known]
    section[visit] = events.section[known]
    np.maximum.at(suspicion, visit, q[known])
    return owner, section, suspicion


def _audiences(
    owner: Ints, by: Ints, organic: Reals, n_creators: int, seed: int
) -> tuple[Reals, float]:
    """Unit audience vector of each creator (zero where unknown) and the similarity by chance."""
    size = int(owner.max()) + 1
    seen: Any = sparse.csr_matrix((organic, (by, owner)), shape=(n_creators, size))
    reached = np.asarray((seen > 0).sum(axis=0)).ravel()
    inverse = np.where(reached > 1, np.log1p(n_creators / np.maximum(reached, 1)), 0.0)
    weighted: Any = (seen.sqrt() @ sparse.diags(inverse)).tocsr()
    mass = np.asarray(seen[:, reached > 1].sum(axis=1)).ravel()
    width = min(_DIMENSIONS, n_creators)
    probe = np.random.default_rng(seed).standard_normal((size, width))
    basis = weighted @ probe
    for _ in range(_POWER_STEPS):
        basis = np.linalg.qr(basis)[0]
        basis = weighted @ (weighted.T @ basis)
    basis = np.linalg.qr(basis)[0]
    # Left singular vectors of the small factor from its Gram matrix: accounts are many.
    image = weighted.T @ basis
    values, left = np.linalg.eigh(image.T @ image)
    vectors: Reals = basis @ (left * np.sqrt(np.maximum(values, 0.0)))
    length = np.linalg.norm(vectors, axis=1)
    came = np.bincount(by[reached[owner] > 1], minlength=n_creators)
    usable = (mass >= np.maximum(_MIN_AUDIENCE, _MIN_ORGANIC * came)) & (length > 1e-9)
    vectors = np.where(usable[:, None], vectors / np.maximum(length, 1e-12)[:, None], 0.0)
    share = mass / max(mass.sum(), 1e-9)
    chance = float(((share @ vectors) ** 2).sum())
    return vectors, min(chance, 0.9)


def explained(events: Events, q: Reals, of_visit: Reals) -> Reals:
    """Part of each act's posterior that a coherent community explains.

    `of_visit` says by visit code how alike its creator is to those of the account's other
    suspicious visits, chance taken out; NaN where that is not defined.
    """
    if not events.n:
        return np.zeros(0)
    own = np.where(events.visit >= 0, of_visit[events.visit], np.nan)
    known = ~np.isnan(own)
    coherent = q * np.nan_to_num(own)
    total, known_total, coherent_total = (
        np.bincount(events.stream, w, events.n_streams)[events.stream]
        for w in (q, np.where(known, q, 0.0), coherent)
    )
    around = coherent_total / np.maximum(known_total, 1e-9)
    part = coherent_total / np.maximum(total, 1e-9)
    member = expit((around - _AROUND) / _WIDTH) * expit((np.nan_to_num(own) - _OWN) / _WIDTH)
    bystander = np.where(part > _AROUND, expit((part - _BYSTANDER) / _WIDTH), 0.0)
    return np.where(known, member, bystander)
