"""Statements about partners, for an account or a section."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from zhenzan.features.coengagement.analysis import PLACES, Network
from zhenzan.features.family import Entity, Evidence, Text
from zhenzan.features.numbers import MIN_FOR_SHARE, about

__all__ = ["network_evidence"]

_MOST_REFS: Final = 50
_MOST_STRENGTH: Final = 6.0  # a likelihood ratio of a million: more is not believed of one test
# Below it most of what the accounts visit together is of one creator: a fan club's pattern.
_ONE_CREATOR: Final = 0.5

_COMPANY: Final = Text(
    "同班、同事、同一社群或订阅同一推送的人也会一再前后脚出现。",
    "Classmates, colleagues, one community or subscribers of one feed keep arriving together too.",
)
_FANS: Final = Text(
    "他们同行时多半只在一位作者处：这更像粉丝群体，协同不等于购买。",
    "Together they mostly visit a single creator: that is rather a fan community; coordinated is"
    " not purchased.",
)
_LOOKED: Final = Text(
    f"只比较时间上前后各 {PLACES} 位、24 小时以内的账号。",
    f"Only accounts within {PLACES} places and 24 hours of each other were compared.",
)


def network_evidence(
    network: Network,
    diversity: NDArray[np.float64],
    targets: Mapping[Entity, Sequence[str]],
    version: int,
) -> Iterator[Evidence]:
    """Statements about the wanted accounts and sections that have partners, strongest first.

    Args:
        network: The analysed acts.
        diversity: Creator diversity by account code, NaN where unknown.
        targets: Whom to speak about.
        version: Of the family, for the reason code.
    """
    found: list[Evidence] = []
    if network.n_accounts and len(network.pairs):
        accounts = {id_: code for code, id_ in enumerate(network.account_ids.to_pylist())}
        sections = {id_: code for code, id_ in enumerate(network.section_ids.to_pylist())}
        for id_ in targets.get(Entity.ACCOUNT, ()):
            if id_ in accounts:
                found.extend(_of_account(network, diversity, accounts[id_], id_, version))
        for id_ in targets.get(Entity.SECTION, ()):
            if id_ in sections:
                found.extend(_of_section(network, diversity, sections[id_], id_, version))
    yield from sorted(found, key=lambda e: (-e.strength, e.subject))


def _of_account(
    network: Network, diversity: NDArray[np.float64], code: int, id_: str, version: int
) -> Iterator[Evidence]:
    lower, higher = network.pairs // network.n_accounts, network.pairs % network.n_accounts
    own = np.flatnonzero((lower == code) | (higher == code))
    if not len(own):
        return
    others = np.where(lower[own] == code, higher[own], lower[own])
    names = network.account_ids.take(others).to_pylist()
    ranked = sorted(range(len(own)), key=lambda k: (-network.bits[own[k]], names[k]))
    met = int(network.meetings[own[ranked[0]]])
    repeats, expected = int(network.repeats[code]), float(network.expected_repeats[code])
    varied = float(diversity[code])
    acts = int(network.beside[network.account == code].sum())
    yield Evidence(
        reason=f"coengagement.partners@{version}",
        subject=(Entity.ACCOUNT.value, id_),
        statement=Text(
            f"有 {len(own)} 个账号一再与该账号前后脚出现，最常见的一个在 {met} 个评论区；"
            f"与同一账号的重复相遇共 {repeats} 次，按活跃程度预计{about(expected).zh} 次。"
            f"{_varied_zh(varied, acts)}",
            f"{len(own)} accounts keep arriving next to this one, the most frequent in {met}"
            f" sections; it met the same accounts again {repeats} times, where activity predicts"
            f" {about(expected).en}.{_varied_en(varied, acts)}",
        ),
        refs=tuple(names[k] for k in ranked[:_MOST_REFS]),
        observed=float(repeats),
        expected=round(expected, 4),
        unit="meetings",
        start_ms=None,
        end_ms=None,
        strength=_strength(float(network.surprise[code])),
        counter_evidence=_counter(varied),
    )


def _of_section(
    network: Network, diversity: NDArray[np.float64], code: int, id_: str, version: int
) -> Iterator[Evidence]:
    here = np.flatnonzero((network.section == code) & network.beside)
    if not len(here):
        return
    accounts, n = network.account[here], len(here)
    total, everywhere = int(network.section_acts[code]), float(network.beside.sum())
    elsewhere_acts = int(network.section_acts.sum()) - total
    expected = total * (everywhere - n + 0.5) / (elsewhere_acts + 1.0)
    known = diversity[accounts][~np.isnan(diversity[accounts])]
    varied = float(known.mean()) if len(known) else math.nan
    names = sorted(set(network.account_ids.take(accounts).to_pylist()))
    times = network.at_ms[here]
    # Poisson deviance of n against the rate of the other sections.
    surprise = n * math.log2(n / expected) - (n - expected) / math.log(2) if n > expected else 0.0
    yield Evidence(
        reason=f"coengagement.company@{version}",
        subject=(Entity.SECTION.value, id_),
        statement=Text(
            f"{total} 次互动中有 {n} 次与一再同行的账号相邻出现（涉及 {len(names)} 个账号）；"
            f"按其他评论区的比例预计{about(expected).zh} 次。{_varied_zh(varied, n)}",
            f"{n} of {total} acts stand next to an account that the actor keeps arriving with"
            f" ({len(names)} accounts); the rate of the other sections predicts"
            f" {about(expected).en}.{_varied_en(varied, n)}",
        ),
        refs=tuple(names[:_MOST_REFS]),
        observed=float(n),
        expected=round(expected, 4),
        unit="acts",
        start_ms=int(times.min()),
        end_ms=int(times.max()) + 1,
        strength=_strength(surprise),
        counter_evidence=_counter(varied),
    )


def _strength(bits: float) -> float:
    return round(min(bits * math.log10(2), _MOST_STRENGTH), 4)


def _counter(varied: float) -> tuple[Text, ...]:
    fans = (_FANS,) if varied < _ONE_CREATOR else ()
    return (*fans, _COMPANY, _LOOKED)


def _varied_zh(varied: float, acts: int) -> str:
    if math.isnan(varied):
        return ""
    if acts < MIN_FOR_SHARE:
        return f"同行之处多半属于{'同一位' if varied < _ONE_CREATOR else '不同的'}作者。"
    return f"同行时任取两处，作者不同的机会为 {varied:.0%}。"


def _varied_en(varied: float, acts: int) -> str:
    if math.isnan(varied):
        return ""
    if acts < MIN_FOR_SHARE:
        whose = "a single creator" if varied < _ONE_CREATOR else "different creators"
        return f" The sections they visit together are mostly of {whose}."
    return f" Two of the sections they visit together are of different creators in {varied:.0%}."
