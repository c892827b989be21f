"""Campaigns as the report tells them: who belongs to them, a picture, and the statements."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
from zhenzan.detector.report.material import Material, integer, read_acts, records, text
from zhenzan.detector.report.network import MAX_ACCOUNTS, MAX_SECTIONS, layout
from zhenzan.detector.report.records import Group, GroupMember
from zhenzan.detector.report.wording import finite

__all__ = ["MAX_GROUPS", "build_groups", "group_order"]

MAX_GROUPS: Final = 12  # pictures of up to 60 kB each
_STATEMENTS: Final = 4
_NO_ROWS: Final = pd.DataFrame({"campaign_id": [], "member_kind": [], "member_id": []})


def group_order(campaigns: pd.DataFrame, only: set[str] | None) -> pd.DataFrame:
    """The groups that are told, the surest and largest first; `only` these where it is given."""
    chosen = campaigns if only is None else campaigns[campaigns["campaign_id"].isin(list(only))]
    return chosen.sort_values(
        ["confidence", "n_engagements", "n_accounts", "campaign_id"],
        ascending=[False, False, False, True],
        na_position="last",
    )


def build_groups(ordered: pd.DataFrame, made: Material) -> tuple[Group, ...]:
    """Describes the first `MAX_GROUPS` groups, in the order given."""
    head = ordered.head(MAX_GROUPS)
    members = made.scan.campaign_members
    told = members[members["campaign_id"].isin(head["campaign_id"].tolist())]
    parts = {str(key): rows for key, rows in told.groupby("campaign_id", sort=False)}
    accounts = made.scan.accounts
    wanted = told.loc[told["member_kind"] == "account", "member_id"].tolist()
    known = accounts[accounts["account_id"].isin(wanted)].set_index("account_id")
    return tuple(
        _group(number, row, parts.get(str(row["campaign_id"]), _NO_ROWS), known, made)
        for number, row in enumerate(records(head), start=1)
    )


def _group(
    number: int, row: dict[str, Any], members: pd.DataFrame, known: pd.DataFrame, made: Material
) -> Group:
    account_ids = _members(members, "account")
    section_ids = _members(members, "section")
    labels = [_label(i) for i in range(len(section_ids))]
    low, high = finite(row["estimated_cost_lo"]), finite(row["estimated_cost_hi"])
    drawn_accounts, drawn_sections = account_ids[:MAX_ACCOUNTS], section_ids[:MAX_SECTIONS]
    network = None
    if drawn_accounts and drawn_sections:
        acts = read_acts(made.scan, sections=drawn_sections, accounts=drawn_accounts)
        network = layout(account_ids, section_ids, labels, acts)
    return Group(
        anchor=f"g{number}",
        id=str(row["campaign_id"]),
        kind=str(row["kind"]),
        n_accounts=int(row["n_accounts"]),
        n_sections=int(row["n_sections"]),
        n_engagements=int(row["n_engagements"]),
        first_ms=integer(row["first_ms"]),
        last_ms=integer(row["last_ms"]),
        coordination=finite(row["coordination"]),
        confidence=finite(row["confidence"]),
        order_size=integer(row["order_size"]),
        delivery=text(row["delivery"]),
        cost=None if low is None or high is None else (low, high),
        algorithm=str(row["algorithm"]),
        members=tuple(_member(i, known, made) for i in drawn_accounts),
        sections=tuple(
            (label, made.title(i), made.anchors.get(i))
            for label, i in zip(labels, drawn_sections, strict=False)
        ),
        network=network,
        statements=made.statements("campaign", str(row["campaign_id"]))[:_STATEMENTS],
    )


def _members(members: pd.DataFrame, kind: str) -> list[str]:
    """The ids of one kind, the heaviest first."""
    own = members[members["member_kind"] == kind]
    if own.empty:
        return []
    ordered = own.sort_values(["weight", "member_id"], ascending=[False, True], na_position="last")
    return [str(i) for i in ordered["member_id"]]


def _member(account_id: str, known: pd.DataFrame, made: Material) -> GroupMember:
    name = made.redactor.account(account_id) or ""
    if account_id not in known.index:
        return GroupMember(name, "insufficient_data", 0, 0.0, None)
    row = known.loc[account_id]
    return GroupMember(
        name=name,
        band=str(row["band"]),
        n_sections=integer(row["n_sections"]) or 0,
        n_attributed=finite(row["n_attributed"]) or 0.0,
        coherence=finite(row["audience_coherence"]),
    )


def _label(index: int) -> str:
    """Letters as spreadsheets count: A to Z, then AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
