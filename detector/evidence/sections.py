"""Statements about sections and comments that attribution supports."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from zhenzan.detector.contexts import context_text
from zhenzan.detector.evidence import words
from zhenzan.detector.evidence.acts import AttributedActs, Company
from zhenzan.features.family import Evidence, Text
from zhenzan.features.numbers import about, count

__all__ = ["section_statements", "window_statement"]

_BIT: Final = math.log10(2.0)


def section_statements(
    row: Mapping[str, Any], lines: Mapping[str, Mapping[str, Any]], acts: AttributedActs
) -> Iterator[Evidence]:
    """What speaks for and against one scored section.

    Args:
        row: Its row of the scored sections, with `p_value` and `audience_coherence`.
        lines: Its lines of evidence by reason.
        acts: The attributed acts of the scan.
    """
    against = _against(row)
    yield from _amount(row, against)
    company = acts.company(str(row["section_id"]))
    if company is not None:
        yield from _company(row, lines, company, against)
        yield from _propensity(row, lines, company, acts.share_attributed, against)
    yield from _one_audience(row)


def window_statement(
    row: Mapping[str, Any],
    subject: tuple[str, str],
    contexts: list[str],
    *,
    counted: bool = False,
) -> Evidence:
    """One significant window of a stream: observed against expected.

    Args:
        row: A row of `Attribution.windows`.
        subject: The section, or the comment whose likes these are.
        contexts: Kinds of context found for the section.
        counted: Only polled counts are known of the stream.
    """
    window = words.span(row["start_ms"], row["end_ms"])
    observed, expected, beyond = row["observed"], row["expected"], row["attributed"]
    refs = tuple(r for r in (row["section_id"], row["comment_id"]) if r)
    return Evidence(
        reason="timing.excess@1",
        subject=subject,
        statement=Text(
            f"{window} 收到 {observed} 次互动；按自然到达预计{about(expected).zh} 次，"
            f"其中{about(beyond).zh} 次不能由受众解释。",
            f"{observed} engagements arrived in {window}; organic arrival predicts"
            f" {about(expected).en}, and {about(beyond).en} are not explained by the"
            " audience.",
        ),
        refs=refs,
        observed=float(observed),
        expected=round(float(expected), 4),
        unit="acts",
        start_ms=int(row["start_ms"]),
        end_ms=int(row["end_ms"]),
        strength=words.bounded(float(row["strength"] or 0.0)),
        counter_evidence=(
            words.CROWDS,
            *((words.COUNTED,) if counted else ()),
            *_contexts(contexts),
        ),
    )


def _contexts(kinds: list[str]) -> tuple[Text, ...]:
    if not kinds:
        return ()
    names = [context_text(kind) for kind in kinds]
    return (
        Text(
            "已声明或发现的背景：" + "、".join(n.zh for n in names) + "。",
            "Declared or found: " + ", ".join(n.en for n in names) + ".",
        ),
    )


def _against(row: Mapping[str, Any]) -> tuple[Text, ...]:
    fandom = (words.FANDOM,) if "coengagement.one_audience@1" in row["reasons"] else ()
    return (*fandom, *_contexts(list(row["contexts"])))


def _amount(row: Mapping[str, Any], against: tuple[Text, ...]) -> Iterator[Evidence]:
    n, low, high = (float(row[f"n_purchased{end}"]) for end in ("", "_lo", "_hi"))
    if n < 1.0:
        return
    p = row["p_value"]
    bounds = f"{count(low)}–{count(high)}"
    yield Evidence(
        reason="attribution.amount@1",
        subject=("section", str(row["section_id"])),
        statement=Text(
            f"收到的 {row['n_engagements']} 次互动中，{about(n).zh} 次（90% 区间 {bounds}）"
            "疑似按订单送达。",
            f"Of the {row['n_engagements']} engagements received, {about(n).en} (90 %"
            f" interval {bounds}) were likely delivered by an order.",
        ),
        refs=(str(row["section_id"]),),
        observed=round(n, 4),
        expected=0.0,
        unit="acts",
        start_ms=None,
        end_ms=None,
        strength=words.bounded(-math.log10(max(float(p), 1e-9)) if p is not None and p > 0 else 0),
        counter_evidence=(words.LIMITS, words.NOT_THE_BUYER, *against),
    )


def _company(
    row: Mapping[str, Any],
    lines: Mapping[str, Mapping[str, Any]],
    company: Company,
    against: tuple[Text, ...],
) -> Iterator[Evidence]:
    bits = float(lines.get("coengagement.company@1", {}).get("bits", 0.0))
    k, n, m, chance = (
        company.n_meetings, company.n_accounts, company.n_sections, company.expected_meetings,
    )  # fmt: skip
    if bits <= 0 or k <= chance:
        return
    yield Evidence(
        reason="coengagement.company@1",
        subject=("section", str(row["section_id"])),
        statement=Text(
            f"疑似送达的 {n} 个账号还在另外 {m} 处两两相遇 {k} 次；按各自活跃度，"
            f"偶然相遇的预计{about(chance).zh} 次。",
            f"Two by two, the {n} accounts behind the likely delivered acts meet {k} times in"
            f" {m} other sections; chance, given how active each is, predicts"
            f" {about(chance).en}.",
        ),
        refs=company.sections,
        observed=float(k),
        expected=round(chance, 4),
        unit="meetings",
        start_ms=None,
        end_ms=None,
        strength=words.bounded(bits * _BIT),
        counter_evidence=(words.REGULARS, *against),
    )


def _propensity(
    row: Mapping[str, Any],
    lines: Mapping[str, Mapping[str, Any]],
    company: Company,
    share: float,
    against: tuple[Text, ...],
) -> Iterator[Evidence]:
    bits = float(lines.get("coengagement.propensity@1", {}).get("bits", 0.0))
    expected = share * company.n_accounts
    if bits <= 0 or company.n_elsewhere <= expected:
        return
    yield Evidence(
        reason="coengagement.propensity@1",
        subject=("section", str(row["section_id"])),
        statement=Text(
            f"疑似送达的 {company.n_accounts} 个账号中有 {company.n_elsewhere} 个在别处也有疑似送达"
            f"的互动；按全部账号的平均水平预计{about(expected).zh} 个。",
            f"{company.n_elsewhere} of the {company.n_accounts} accounts behind the likely"
            " delivered acts have such acts elsewhere too; the average account of this scan"
            f" predicts {about(expected).en}.",
        ),
        refs=company.sections,
        observed=float(company.n_elsewhere),
        expected=round(expected, 4),
        unit="accounts",
        start_ms=None,
        end_ms=None,
        strength=words.bounded(bits * _BIT),
        counter_evidence=(words.CROWDS, *against),
    )


def _one_audience(row: Mapping[str, Any]) -> Iterator[Evidence]:
    coherence = row["audience_coherence"]
    if "coengagement.one_audience@1" not in row["reasons"] or coherence is None:
        return
    yield Evidence(
        reason="coengagement.one_audience@1",
        subject=("section", str(row["section_id"])),
        statement=Text(
            f"一同出现的账号在别处关注的也是同一类内容（受众一致度 {coherence:.2f}；"
            "为陌生人服务的账号池接近 0）。这更像一个社群。",
            "The accounts that arrive together visit the same kind of sections elsewhere"
            f" (audience coherence {coherence:.2f}; a pool that serves strangers lies near 0)."
            " That looks like a community.",
        ),
        refs=(str(row["section_id"]),),
        observed=round(float(coherence), 4),
        expected=0.0,
        unit="ratio",
        start_ms=None,
        end_ms=None,
        strength=1.0,
        counter_evidence=(words.FANDOM,),
    )
