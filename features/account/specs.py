"""What the account features are called and mean."""

from __future__ import annotations

from math import inf
from typing import Final, Literal

from zhenzan.features.family import Entity, FeatureSpec, Text

__all__ = ["SPECS"]

_AGE: Final = "accounts made for the job, and rings opened in one week (peers.md); H16 for waves"
_CLUMP: Final = (
    "Poisson deviance of dyadic runs against the accounts of the other sections, corrected for the"
    " runs looked at; accounts of the same week and adjacent ids: peers.md, feature hints"
)
_NAMES: Final = (
    "three digits at the end: 88 % of the commenters labelled not genuine and 12 % of the genuine"
    " ones under one Chinese post (near-circular label)"
)
_GAPS: Final = "profile weight of a star-ring detector (peers.md 2.12)"
_FOLLOW: Final = "like without follow: peers.md, feature hints; at least 20 known followers"
_RATIO: Final = "follower counts in account labels (Cresci 2015)"
_DIVERSE: Final = (
    "Simpson's index without replacement (Simpson 1949); fans stay with one creator, pools serve"
    " many (H4 and peers.md); telling only together with company, hence only describing"
)
_SLEEP: Final = "dormant accounts that become active: DISARM F00019, F00062 (words.md)"
_BACK: Final = "drop-off of 0.2 to 40 % within a month of delivery (peers.md, simulator grammar)"
_GONE: Final = "57 % of campaign accounts gone within months against 3.5 % (StarScout, peers.md)"


def _spec(
    name: str, entity: Entity, unit: str, low: float, high: float,
    direction: Literal[-1, 0, 1], zh: str, en: str, source: str,
) -> FeatureSpec:  # fmt: skip
    return FeatureSpec(name, entity, unit, low, high, direction, Text(zh, en), source)


_SECTIONS: Final = (
    _spec("age_days", Entity.SECTION, "days", 0, inf, -1,
          "来访账号首次在此互动时账号年龄的中位数（天）。",
          "Median age of the accounts at their first act here, in days.", _AGE),
    _spec("birth_clump_share", Entity.SECTION, "share", 0, 1, 1,
          "注册时间扎堆的来访账号占比：比其他评论区的账号密集得多。",
          "Share of the visiting accounts that were opened in clumps, far denser than the accounts"
          " of the other sections.", _CLUMP),
    _spec("birth_clump_bits", Entity.SECTION, "bits", 0, inf, 1,
          "最突出的一批注册时间扎堆的账号有多难用巧合解释（比特）。",
          "How hard the strongest clump of creation times is to explain by chance (bits).", _CLUMP),
    _spec("id_clump_share", Entity.SECTION, "share", 0, 1, 1,
          "账号编号扎堆（号段相邻）的来访账号占比。",
          "Share of the visiting accounts whose ids stand close together, far denser than those of"
          " the other sections.", _CLUMP),
    _spec("id_clump_bits", Entity.SECTION, "bits", 0, inf, 1,
          "最突出的一批相邻编号有多难用巧合解释（比特）。",
          "How hard the strongest clump of ids is to explain by chance (bits).", _CLUMP),
    _spec("name_shape_excess", Entity.SECTION, "share", 0, 1, 1,
          "最突出的一种昵称样式超出其他评论区常见比例的占比（同一文字体系内比较）。",
          "Share of the accounts beyond the usual that bear the most over-used shape of name,"
          " compared within its script.", _NAMES),
    _spec("generated_name_share", Entity.SECTION, "share", 0, 1, 1,
          "昵称以三位以上数字结尾的来访账号占比。",
          "Share of the accounts whose name ends in three digits or more.", _NAMES),
    _spec("profile_gaps", Entity.SECTION, "share", 0, 1, 1,
          "来访账号的资料（头像、简介、作品）平均空缺的比例。",
          "Share of the known profile fields (avatar, bio, posts) that are empty, averaged over the"
          " accounts.", _GAPS),
    _spec("follow_ratio", Entity.SECTION, "log10", -inf, inf, 1,
          "来访账号“关注数比粉丝数”的中位数（以 10 为底的对数）。",
          "Median over the accounts of accounts followed over followers (log10).", _RATIO),
    _spec("like_without_follow", Entity.SECTION, "share", 0, 1, 1,
          "在此互动却没有关注作者的账号占比。",
          "Share of the accounts that engage here without following the creator.", _FOLLOW),
    _spec("creator_diversity", Entity.SECTION, "share", 0, 1, 0,
          "来访账号所到内容的作者平均有多分散：0 为同一作者，1 为各不相同。",
          "How varied the creators are whom the accounts visit: 0 for a single creator, 1 for all"
          " different.", _DIVERSE),
    _spec("single_visit_share", Entity.SECTION, "share", 0, 1, 0,
          "在其他评论区都没有出现过的账号占比。",
          "Share of the accounts that were seen in no other section.",
          "strangers of a viral surge never meet again (attribution.md)"),
    _spec("dormancy_share", Entity.SECTION, "share", 0, 1, 1,
          "来访账号首次互动之前的沉默期占其观察期的平均比例。",
          "Share of the time until their last act that the accounts were silent before their first,"
          " on average.", _SLEEP),
    _spec("retracted_share", Entity.SECTION, "share", 0, 1, 1,
          "后来被取消的互动占比（掉赞）。",
          "Share of the engagements that were taken back later.", _BACK),
    _spec("retracted_excess", Entity.SECTION, "share", -1, 1, 1,
          "被取消的互动占比减去其他评论区的同一比例。",
          "Share of the engagements that were taken back, less the same share of the other"
          " sections.", f"{_BACK}; purges hit all sections alike (H20)"),
    _spec("retraction_days", Entity.SECTION, "days", 0, inf, 0,
          "被取消的互动从发生到取消的中位天数。",
          "Median days until engagements were taken back.", _BACK),
    _spec("vanished_share", Entity.SECTION, "share", 0, 1, 1,
          "再次读取资料时已消失的来访账号占比。",
          "Share of the accounts that were gone when profiles were read again.", _GONE),
)  # fmt: skip

_ACCOUNTS: Final = (
    _spec("age_days", Entity.ACCOUNT, "days", 0, inf, -1,
          "账号首次互动时的年龄（天）。",
          "Age of the account at its first act, in days.", _AGE),
    _spec("age_rank", Entity.ACCOUNT, "share", 0, 1, -1,
          "同一天在其他评论区互动的账号中，比该账号更年轻的比例。",
          "Share of the accounts that acted elsewhere on the same day and are younger.", _AGE),
    _spec("birth_clump_bits", Entity.ACCOUNT, "bits", 0, inf, 1,
          "该账号所在的注册时间扎堆有多难用巧合解释（比特，取最突出的一处）。",
          "How hard the strongest clump of creation times that the account belongs to is to explain"
          " by chance (bits).", _CLUMP),
    _spec("id_clump_bits", Entity.ACCOUNT, "bits", 0, inf, 1,
          "该账号所在的编号扎堆有多难用巧合解释（比特，取最突出的一处）。",
          "How hard the strongest clump of ids that the account belongs to is to explain by chance"
          " (bits).", _CLUMP),
    _spec("generated_name", Entity.ACCOUNT, "share", 0, 1, 1,
          "昵称是否以三位以上数字结尾（1 是，0 否）。",
          "Whether the name ends in three digits or more (1 yes, 0 no).", _NAMES),
    _spec("profile_gaps", Entity.ACCOUNT, "share", 0, 1, 1,
          "资料（头像、简介、作品）中空缺的比例。",
          "Share of the known profile fields (avatar, bio, posts) that are empty.", _GAPS),
    _spec("follow_ratio", Entity.ACCOUNT, "log10", -inf, inf, 1,
          "关注数与粉丝数之比（以 10 为底的对数）。",
          "Accounts followed over followers (log10).", _RATIO),
    _spec("like_without_follow", Entity.ACCOUNT, "share", 0, 1, 1,
          "该账号互动过的评论区中，未关注其作者的比例。",
          "Share of the sections it engaged in whose creator it does not follow.", _FOLLOW),
    _spec("creator_diversity", Entity.ACCOUNT, "share", 0, 1, 0,
          "该账号所到内容的作者有多分散：0 为同一作者，1 为各不相同。",
          "How varied the creators are whom the account visits: 0 for a single creator, 1 for all"
          " different.", _DIVERSE),
    _spec("sections", Entity.ACCOUNT, "count", 1, inf, 0,
          "该账号出现过的评论区数。",
          "Sections in which the account was seen.", "activity breadth, attribution.md"),
    _spec("dormancy_days", Entity.ACCOUNT, "days", 0, inf, 0,
          "首次互动之前沉默的天数，自数据开始或注册之日算起。",
          "Days of silence before its first act, counted from the beginning of the data or of the"
          " account.", _SLEEP),
    _spec("dormancy_share", Entity.ACCOUNT, "share", 0, 1, 1,
          "首次互动之前的沉默期占其观察期的比例。",
          "Share of the time until its last act that it was silent before its first.", _SLEEP),
    _spec("retracted_share", Entity.ACCOUNT, "share", 0, 1, 1,
          "该账号的互动中后来被取消的比例。",
          "Share of its engagements that were taken back later.", _BACK),
    _spec("vanished", Entity.ACCOUNT, "share", 0, 1, 1,
          "再次读取资料时账号是否已消失（1 是，0 否）。",
          "Whether the account was gone when profiles were read again (1 yes, 0 no).", _GONE),
)  # fmt: skip

_COMMENTS: Final = (
    _spec("author_age_days", Entity.COMMENT, "days", 0, inf, -1,
          "评论者发言时账号的年龄（天）。",
          "Age of the author's account when the comment was written, in days.", _AGE),
    _spec("author_profile_gaps", Entity.COMMENT, "share", 0, 1, 1,
          "评论者的资料（头像、简介、作品）中空缺的比例。",
          "Share of the author's known profile fields that are empty.", _GAPS),
    _spec("author_generated_name", Entity.COMMENT, "share", 0, 1, 1,
          "评论者的昵称是否以三位以上数字结尾（1 是，0 否）。",
          "Whether the author's name ends in three digits or more (1 yes, 0 no).", _NAMES),
    _spec("liker_age_days", Entity.COMMENT, "days", 0, inf, -1,
          "给该评论点赞的账号当时年龄的中位数（天）。",
          "Median age of the accounts that liked the comment, in days.", _AGE),
    _spec("liker_profile_gaps", Entity.COMMENT, "share", 0, 1, 1,
          "给该评论点赞的账号资料平均空缺的比例。",
          "Share of empty profile fields, averaged over the accounts that liked the comment.",
          _GAPS),
)  # fmt: skip

SPECS: Final = _SECTIONS + _ACCOUNTS + _COMMENTS
