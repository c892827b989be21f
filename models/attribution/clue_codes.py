"""Codes of clues from plain arrays: how an act or its account stands among its peers.

All are relative, so that what is common to the surroundings says nothing: ages are ranked among
the acts of the same days (a wave of new users), profiles among accounts of that age, births are
compared with how many accounts of the week and of the creator's audience were born then.
Unknown is -1 throughout.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc
from zhenzan.models.attribution.codes import compact, first_places, ordered

__all__ = [
    "age_codes",
    "birth_codes",
    "first_above",
    "follow_codes",
    "gone_codes",
    "profile_codes",
    "talk_codes",
]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]
Codes = NDArray[np.int16]
Flags = NDArray[np.bool_]
Births = tuple[Ints, Ints, Ints]
"""Rank of each birth; from which rank on, and before which, those within days of it stand."""

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
# Ranks are cut finely at the lower end, where accounts opened for the job are; a rank at the upper
# end is shared with everybody else.
_RANKS: Final = (0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.25, 0.4, 0.6, 0.8)
# Peers of a day or a week: so many acts at least, else neighbouring days are joined.
_PEERS: Final = 1000
# Accounts that are bought old come in batches opened within a week (peers of a birth: three and a
# half days before and after). Younger than three months, a wave of new users looks the same.
_CLOSE_MS: Final = 7 * _DAY_MS // 2
_GROWN_MS: Final = 90 * _DAY_MS
# A wave of new users: so many accounts within four days, and so many times what the three months
# around them predict. Half of that is within the spread of ordinary days.
_WAVE_MS: Final = 2 * _DAY_MS
_AROUND_MS: Final = 45 * _DAY_MS
_WAVE_ACCOUNTS: Final = 10
_WAVE_TIMES: Final = 3.0
# Births beside one's own are improbable by so many powers of ten.
_CROWDS: Final = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_GONE_MS: Final = (_DAY_MS, 7 * _DAY_MS, 14 * _DAY_MS)
# Hours in which likes of so many sections vanish, and so many times those of the median hour, are
# a clean-up by the platform (H20), not the drop-off of an order.
_PURGE_SECTIONS: Final = 20
_PURGE_TIMES: Final = 5.0
_TALK_MS: Final = (60_000, 10 * 60_000, _DAY_MS)


def age_codes(born_ms: Reals, when_ms: Ints, account: Ints) -> tuple[Codes, int]:
    """How young each account is among those that act on the same days.

    Whoever is younger than three months and came with a wave of new users (H16) is unknown, and so
    is who acted before being born.

    Args:
        born_ms: Of each act's account, NaN where unknown.
        when_ms: Time of the act.
        account: Code of each act's account.
    """
    codes = np.full(len(born_ms), -1, np.int16)
    known = np.flatnonzero((when_ms >= born_ms) & (account >= 0))
    if len(known):
        age = when_ms[known] - born_ms[known]
        new = (age < _GROWN_MS) & _in_wave(born_ms[known].astype(np.int64), account[known])
        known, age = known[~new], age[~new]
    if len(known):
        ranks = _mid_ranks(_blocks(when_ms[known] // _DAY_MS), age)
        codes[known] = np.searchsorted(_RANKS, ranks, side="right")
    return codes, len(_RANKS) + 1


def _in_wave(born: Ints, account: Ints) -> Flags:
    """Whether many more accounts were born within days of each act's than in the weeks around."""
    people = np.sort(born[first_places(account)])

    def within(span: int) -> Ints:
        return first_above(people, born + span) - first_above(people, born - span - 1)

    near = within(_WAVE_MS)
    around = (within(_AROUND_MS) - near) * (_WAVE_MS / (_AROUND_MS - _WAVE_MS))
    return np.asarray((near >= _WAVE_ACCOUNTS) & (near > _WAVE_TIMES * around))


def profile_codes(age_code: Codes, fullness: Reals) -> tuple[Codes, int]:
    """How empty each account's profile is among those of its age."""
    codes = np.full(len(fullness), -1, np.int16)
    known = np.flatnonzero((age_code >= 0) & ~np.isnan(fullness))
    if len(known):
        ranks = _mid_ranks(age_code[known].astype(np.int64), fullness[known])
        codes[known] = np.searchsorted(_RANKS, ranks, side="right")
    return codes, len(_RANKS) + 1


def birth_codes(
    born_ms: Reals, when_ms: Ints, account: Ints, stream: Ints, section: Ints, creator: Ints
) -> tuple[Codes, int]:
    """How many of those beside each act in its stream that week were born within days of it.

    Expected is the larger of the shares born then among all acts of the week, and among the acts
    on the creator's other sections: a class or a community that joined together is at home there.
    Accounts below three months are left out.
    """
    codes = np.full(len(born_ms), -1, np.int16)
    grown = when_ms - born_ms >= _GROWN_MS  # NaN is not
    known = np.flatnonzero(grown & (account >= 0))
    if len(known):
        born = born_ms[known].astype(np.int64)
        week = _blocks(when_ms[known] // (7 * _DAY_MS))
        group = compact(_joint(stream[known], week))[1]
        births = _births(born)
        beside, size = _near(group, births, _joint(group, account[known]))
        expected = (size - 1.0) * _share_born(births, week, section[known], creator[known])
        tail = gammainc(np.maximum(beside - 1.0, 1.0), np.maximum(expected, 1e-3))
        surprise = np.where(beside > 1, -np.log10(np.maximum(tail, 1e-12)), 0.0)
        codes[known] = np.searchsorted(_CROWDS, surprise, side="right")
    return codes, len(_CROWDS) + 1


def _share_born(births: Births, week: Ints, section: Ints, creator: Ints) -> Reals:
    """Share of the acts around that come from accounts born within days, the act's own left out."""
    near, size = _near(week, births)
    among_all = near / size  # one's own act stands for the accounts that nobody saw
    near_creator, of_creator = _near(creator, births)
    near_section, of_section = _near(section, births)
    elsewhere = (near_creator - near_section) / np.maximum(of_creator - of_section, 1.0)
    return np.asarray(np.maximum(among_all, elsewhere))


def _births(born: Ints) -> Births:
    """Ranks instead of times: of many groups, keys with decades of milliseconds would not fit."""
    times, rank = compact(born)
    low = np.searchsorted(times, times - _CLOSE_MS)
    high = np.searchsorted(times, times + _CLOSE_MS, "right")
    return rank, low[rank], high[rank]


def _near(group: Ints, births: Births, identity: Ints | None = None) -> tuple[Reals, Reals]:
    """Of each act's group: how many identities were born within days of it, and how many it has.

    Without identities every act counts.
    """
    place = compact(group)[1]
    rank, low, high = births
    begin = place * (int(rank.max()) + 2)
    at = begin + rank
    order = np.argsort(at)
    single = np.full(len(at), identity is None)
    if identity is not None:
        single[first_places(identity)] = True
    keys = at[order][single[order]]
    near = np.empty(len(at))
    near[order] = np.searchsorted(keys, (begin + high)[order]) - np.searchsorted(
        keys, (begin + low)[order]
    )
    size = np.bincount(place[single], minlength=int(place.max()) + 1)[place]
    return near, size.astype(np.float64)


def follow_codes(follows: Flags, since_ms: Reals, when_ms: Ints, known: Flags) -> tuple[Codes, int]:
    """0 does not follow the creator; 1 for a day or longer; 2 for less; 3 since then, or unknown.

    Args:
        follows: Whether the account of each act follows its creator.
        since_ms: Since when, NaN where unknown.
        when_ms: Time of the act.
        known: Whether it was looked at whom the account follows, and who follows the creator.
    """
    codes = np.where(when_ms >= since_ms, 2, 3)
    codes = np.where(when_ms >= since_ms + _DAY_MS, 1, codes)
    return np.where(known, np.where(follows, codes, 0), -1).astype(np.int16), 4


def gone_codes(when_ms: Ints, gone_ms: Reals, section: Ints) -> tuple[Codes, int]:
    """0 stayed; from 1 on gone within a day, a week, a fortnight, later; purged is unknown.

    Args:
        when_ms: Time of the act.
        gone_ms: When it was taken back, NaN where it was not; all NaN is unknown.
        section: Of the act.
    """
    n_bins = len(_GONE_MS) + 2
    gone = np.flatnonzero(~np.isnan(gone_ms))
    if not len(gone):
        return np.full(len(when_ms), -1, np.int16), n_bins
    codes = np.zeros(len(when_ms), np.int16)
    codes[gone] = 1 + np.searchsorted(_GONE_MS, gone_ms[gone] - when_ms[gone], side="right")
    hour = (gone_ms[gone] // _HOUR_MS).astype(np.int64)
    hours, place = np.unique(hour, return_inverse=True)
    pairs = np.unique(np.stack([place, section[gone]], axis=1), axis=0)
    spread = np.bincount(pairs[:, 0], minlength=len(hours))
    purge = spread >= max(_PURGE_SECTIONS, _PURGE_TIMES * float(np.median(spread)))
    codes[gone[purge[place]]] = -1
    return codes, n_bins


def talk_codes(
    visit: Ints, when_ms: Ints, said_visit: Ints, said_ms: Ints, said_form: Ints
) -> tuple[Codes, int]:
    """Whether the account commented in the section: when after the act, and in whose words.

    0 is not at all; then three by form (own words, shared words, surprisingly shared words) for
    each of: within a minute, ten minutes, a day, later or earlier.

    Args:
        visit: Code of (account, section) of each act, -1 unknown.
        when_ms: Time of the act.
        said_visit: Code of (account, section) of each comment.
        said_ms: Its time.
        said_form: 0 own words, 1 shared, 2 surprisingly shared.
    """
    n_bins = 1 + 3 * (len(_TALK_MS) + 1)
    codes = np.where(visit >= 0, 0, -1).astype(np.int16)
    order = np.lexsort((-said_form, said_ms, said_visit))
    said_visit, said_ms, said_form = said_visit[order], said_ms[order], said_form[order]
    spoke = np.zeros(max(int(visit.max(initial=0)), int(said_visit.max(initial=0))) + 1, bool)
    spoke[said_visit[said_visit >= 0]] = True
    acts = np.flatnonzero((visit >= 0) & spoke[visit])
    if not len(acts):
        return codes, n_bins
    times, rank = compact(said_ms)
    width = len(times) + 1  # ranks instead of times: of many visits, decades would not fit
    keys = said_visit * width + rank
    at = first_above(keys, visit[acts] * width + first_above(times, when_ms[acts] - 1) - 1)
    next_ = np.minimum(at, len(keys) - 1)
    after = (at < len(keys)) & (said_visit[next_] == visit[acts])
    which = np.where(after, next_, np.maximum(at - 1, 0))
    lag = np.where(after, said_ms[which] - when_ms[acts], np.iinfo(np.int64).max)
    slot = np.searchsorted(_TALK_MS, lag, side="right")
    codes[acts] = 1 + 3 * slot + said_form[which]
    return codes, n_bins


def _blocks(unit: Ints) -> Ints:
    """Code of each act's days or weeks, consecutive ones joined until they hold enough acts."""
    units, inverse = compact(unit)
    counts = np.bincount(inverse)
    code, held, block = np.zeros(len(units), np.int64), 0, 0
    for i, count in enumerate(counts.tolist()):
        if held >= _PEERS:
            block, held = block + 1, 0
        code[i] = block
        held += count
    if block and held < _PEERS:
        code[code == block] = block - 1
    return np.asarray(code[inverse], np.int64)


def first_above(keys: Ints, wanted: Ints) -> Ints:
    """Place of the first of the sorted keys above each wanted one.

    Looks the wanted ones up in their order: a million in any order would miss the cache each time.
    """
    order = np.argsort(wanted)
    place = np.empty(len(wanted), np.int64)
    place[order] = np.searchsorted(keys, wanted[order], side="right")
    return place


def _joint(first: Ints, second: Ints) -> Ints:
    """One code for each pair of codes."""
    return np.asarray(first * (int(second.max()) + 1) + second)


def _mid_ranks(group: Ints, value: Reals) -> Reals:
    """Rank of each value inside its group, 0 to 1, equal ones at their middle."""
    by_value = np.argsort(value)  # equal ones get one rank, whatever their order
    order = by_value[ordered(group[by_value])]
    g, v = group[order], value[order]
    fresh = np.ones(len(g), bool)
    fresh[1:] = (g[1:] != g[:-1]) | (v[1:] != v[:-1])
    first = np.flatnonzero(fresh)
    ties = np.diff(np.append(first, len(g)))
    place = np.repeat(first + (ties - 1) / 2.0, ties)
    begins = np.flatnonzero(np.append(True, g[1:] != g[:-1]))
    sizes = np.diff(np.append(begins, len(g)))
    ranks = np.empty(len(g))
    ranks[order] = (place - np.repeat(begins, sizes) + 0.5) / np.repeat(sizes, sizes)
    return ranks
