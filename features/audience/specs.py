"""What the audience features are called and mean."""

from __future__ import annotations

from math import inf
from typing import Final, Literal

from zhenzan.features.family import Entity, FeatureSpec, Text

__all__ = ["SPECS"]

_MIX: Final = (
    "Jensen-Shannon divergence (Lin 1991) by the G statistic less its degrees of freedom, against"
    " the creator's other sections and never the national mix (H15)"
)
_BITS: Final = (
    "G test (Cochran's rule for small cells), in units of the set's median difference, because real"
    " audiences differ from post to post"
)
_WAVE: Final = "age relative to the visitors of the same day in all other sections (H16)"
_BACK: Final = "the regulars of a creator come back; pools of strangers do not (H2, H6)"
_MARK: Final = "shared devices and addresses of account farms (SynchroTrap's constraint objects)"


def _spec(
    name: str, entity: Entity, unit: str, low: float, high: float,
    direction: Literal[-1, 0, 1], zh: str, en: str, source: str,
) -> FeatureSpec:  # fmt: skip
    return FeatureSpec(name, entity, unit, low, high, direction, Text(zh, en), source)


SPECS: Final = (
    _spec("region_divergence", Entity.SECTION, "share", 0, 1, 1,
          "来访者的地区分布与该作者其他内容相差多少：0 为相同，1 为完全不同。",
          "How far the regions of the visitors differ from those of the creator's other sections: 0"
          " alike, 1 nothing in common.", _MIX),
    _spec("region_bits", Entity.SECTION, "bits", 0, 1000, 1,
          "地区分布的差别有多难用巧合和平常的差别解释（比特）。",
          "How hard the difference of the regions is to explain by chance and by the usual"
          " differences (bits).", _BITS),
    _spec("source_divergence", Entity.SECTION, "share", 0, 1, 1,
          "流量来源的分布与该作者其他内容相差多少：0 为相同，1 为完全不同。",
          "How far the traffic sources differ from those of the creator's other sections: 0 alike,"
          " 1 nothing in common.", _MIX),
    _spec("source_bits", Entity.SECTION, "bits", 0, 1000, 1,
          "流量来源的差别有多难用巧合和平常的差别解释（比特）。",
          "How hard the difference of the traffic sources is to explain by chance and by the usual"
          " differences (bits).", _BITS),
    _spec("level_divergence", Entity.SECTION, "share", 0, 1, 1,
          "来访账号的等级分布与该作者其他内容相差多少：0 为相同，1 为完全不同。",
          "How far the levels of the accounts differ from those of the creator's other sections: 0"
          " alike, 1 nothing in common.", _MIX),
    _spec("age_shift", Entity.SECTION, "share", -0.5, 0.5, 1,
          "来访账号比同日其他评论区的账号年轻多少：0 为一样，0.5 为全都更年轻。",
          "How much younger the accounts are than those that acted elsewhere on the same days: 0 as"
          " old, 0.5 all younger.", _WAVE),
    _spec("returning_share", Entity.SECTION, "share", 0, 1, 0,
          "此前到过该作者其他内容的来访者占比。",
          "Share of the visitors who had been in another section of the creator before.", _BACK),
    _spec("returning_shortfall", Entity.SECTION, "share", -1, 1, 1,
          "回头客占比比该作者其他内容低多少。",
          "By how much the share of returning visitors falls short of that in the creator's other"
          " sections.", _BACK),
    _spec("overlap_share", Entity.SECTION, "share", 0, 1, 0,
          "在该作者其他内容下也出现过的来访者占比，不论先后。",
          "Share of the visitors who were seen in another section of the creator, before or after.",
          _BACK),
    _spec("shared_device_share", Entity.SECTION, "share", 0, 1, 1,
          "与此处另一账号共用设备的来访账号占比。",
          "Share of the accounts that use a device which another account here uses too.", _MARK),
    _spec("shared_address_share", Entity.SECTION, "share", 0, 1, 1,
          "与此处另一账号共用网络地址的来访账号占比。",
          "Share of the accounts that use an address which another account here uses too.",
          f"{_MARK}; campuses and carriers share addresses too (H15)"),
    _spec("network_excess", Entity.SECTION, "share", -1, 1, 1,
          "任两位来访者同属一个网络的机会，减去该作者其他内容的同一机会。",
          "Chance that two visitors come from one network, less that in the creator's other"
          " sections.", "Simpson's index without replacement (Simpson 1949); H15"),
    _spec("device_accounts", Entity.ACCOUNT, "count", 1, inf, 1,
          "使用过该账号某一设备的账号数（含自身，取最多者）。",
          "Accounts that used one of this account's devices, itself included (the most shared"
          " one).", _MARK),
    _spec("address_accounts", Entity.ACCOUNT, "count", 1, inf, 1,
          "使用过该账号某一网络地址的账号数（含自身，取最多者）。",
          "Accounts that used one of this account's addresses, itself included (the most shared"
          " one).", f"{_MARK}; campuses and carriers share addresses too (H15)"),
    _spec("regions", Entity.ACCOUNT, "count", 1, inf, 0,
          "该账号互动时所在地区的个数。",
          "Regions from which the account acted.", "travel is common: hence only describing"),
)  # fmt: skip
