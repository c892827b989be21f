"""What counts as found and as organic, against plain loops over the truth files."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest
from zhenzan.detector.benchmark.truth import innocent_sections, read_accounts, read_sections
from zhenzan.detector.simulate import simulate
from zhenzan.features.errors import InputError


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    return simulate(tmp_path_factory.mktemp("w"), scenario="default", scale=20_000, seed=2).path


def rows(path: Path) -> list[dict]:
    return pd.read_parquet(path).to_dict("records")


def slow_accounts(world: Path) -> dict[str, dict]:
    """Each account that acted: its families, orders, pool, and whether it delivered."""
    kinds = {r["campaign_id"]: r["kind"] for r in rows(world / "truth/campaign.parquet")}
    seen: dict[str, dict] = defaultdict(lambda: {"families": set(), "orders": set()})
    for name in ("engagement", "comment"):
        key = f"{name}_id"
        labels = {r[key]: r for r in rows(world / f"truth/{name}.parquet")}
        for act in rows(world / f"{name}.parquet"):
            if act["account_id"] is None:
                continue
            own, truth = seen[act["account_id"]], labels[act[key]]
            if truth["label"] == "delivered":
                own["families"].add(kinds[truth["campaign_id"]])
                own["orders"].add(truth["order_id"])
    for r in rows(world / "truth/account.parquet"):
        if r["account_id"] in seen:
            seen[r["account_id"]] |= {"pool": r["pool"], "scenario": r["scenario"]}
    return dict(seen)


def test_groups_are_those_of_the_loop(world) -> None:
    truth, slow = read_accounts(world), slow_accounts(world)
    assert list(truth.account_id) == sorted(slow)

    def of(name: str) -> set[str]:
        return set(truth.account_id[truth.groups[name]]) if name in truth.groups else set()

    delivered = {a for a, own in slow.items() if own["orders"]}
    assert set(truth.account_id[truth.delivered]) == delivered == of("all")
    for family in ("flash", "drip", "part_time", "texts", "paraphrase", "small"):
        expected = {a for a, own in slow.items() if family in own["families"]}
        assert of(f"family:{family}") == expected
    for label, least, most in (("1", 1, 1), ("2", 2, 2), ("3-4", 3, 4), ("5+", 5, 10**9)):
        expected = {a for a, own in slow.items() if least <= len(own["orders"]) <= most}
        assert of(f"orders:{label}") == expected
    small = {a for a in delivered if "_500" in slow[a]["pool"].replace("_5000", "_X")}
    assert of("pool_size:500") == small and small
    drip = {a for a in small if "drip" in slow[a]["families"]}
    assert of("target:drip") == drip
    fans = {a for a, o in slow.items() if o["scenario"] == "fan_ritual" and not o["orders"]}
    assert of("scenario:fan_ritual") == fans and fans


def test_nobody_is_both_found_and_organic(world) -> None:
    truth = read_accounts(world)
    for name, inside in truth.groups.items():
        assert inside.any()
        assert (truth.delivered[inside].all()) == (not name.startswith("scenario:"))
    workers = pd.read_parquet(world / "truth/account.parquet").set_index("account_id")
    idle = workers["pool"].notna() & (workers["n_orders"] == 0) & (workers["n_engagements"] > 0)
    organic = set(truth.account_id[~truth.delivered])
    assert set(idle.index[idle]) <= organic  # members of a pool who delivered nothing


def test_innocent_sections_had_no_order(world) -> None:
    sections = read_sections(world)
    groups = innocent_sections(sections)
    ordered = {r["section_id"] for r in rows(world / "truth/order.parquet") if r["delivered"]}
    for inside in groups.values():
        assert not ordered & set(sections["section_id"][inside])
    assert sum(inside.sum() for inside in groups.values()) == (~sections["ordered"]).sum()
    assert "organic" in groups and "scenario:fan_ritual" in groups


def test_no_world_is_refused(tmp_path) -> None:
    for read in (read_accounts, read_sections):
        with pytest.raises(InputError, match="no simulated world"):
            read(tmp_path)
