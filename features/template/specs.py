"""What the template features are called and mean."""

from __future__ import annotations

from math import inf
from typing import Final

from zhenzan.features.family import Entity, FeatureSpec, Text

__all__ = ["SPECS"]

_SURPRISE: Final = (
    "binomial log-likelihood ratio against other creators' sections (Dunning 1993), smoothed; at"
    " least 2^20 to one, three accounts and five times the expected number"
)

SPECS: Final = (
    FeatureSpec(
        "template_share",
        Entity.SECTION,
        "share",
        0,
        1,
        1,
        Text(
            "评论中属于“此处远比别处常见”的模板的比例。",
            "Share of the comments in templates that are far more common here than elsewhere.",
        ),
        _SURPRISE,
    ),
    FeatureSpec(
        "largest_share",
        Entity.SECTION,
        "share",
        0,
        1,
        0,
        Text(
            "最大的一组近似相同评论占全部评论的比例，不论其是否常见。",
            "Share of the comments in the largest group of near-duplicates, common or not.",
        ),
        "near-duplicates by MinHash bands (Broder 1997) and a verified edit distance",
    ),
    FeatureSpec(
        "surprise",
        Entity.SECTION,
        "bits",
        0,
        inf,
        1,
        Text(
            "最令人意外的模板：在此处与在别处出现率之比的对数（比特）。",
            "The most surprising template: bits by which its rate here exceeds its rate elsewhere.",
        ),
        _SURPRISE,
    ),
    FeatureSpec(
        "echo_share",
        Entity.SECTION,
        "share",
        0,
        1,
        -1,
        Text(
            "回应或重复作者自己提示语（如“扣1”）或标题的评论比例；这类重复有解释。",
            "Share of the comments that answer or repeat the author's own prompt or title; such"
            " repetition is explained.",
        ),
        "hard negatives H1 and H2",
    ),
    FeatureSpec(
        "text_variety",
        Entity.ACCOUNT,
        "share",
        0,
        1,
        -1,
        Text(
            "该账号的评论中不同文本的比例（至少三条评论）。",
            "Share of distinct texts among the account's comments (three comments or more).",
        ),
        "variety of own texts, the template family's account feature in attribution.md",
    ),
    FeatureSpec(
        "template_share",
        Entity.ACCOUNT,
        "share",
        0,
        1,
        1,
        Text(
            "该账号的评论中属于异常模板的比例。",
            "Share of the account's comments in surprising templates.",
        ),
        _SURPRISE,
    ),
    FeatureSpec(
        "repeat_sections",
        Entity.ACCOUNT,
        "count",
        1,
        inf,
        1,
        Text(
            "该账号在多少个评论区写过同一模板（取最多者，常用短语不计）。",
            "In how many sections the account wrote one and the same template, everyday phrases"
            " set aside.",
        ),
        "copied comments across videos: issues 81, 184 and 840 of a spam purger (peers.md 1b)",
    ),
    FeatureSpec(
        "template_size",
        Entity.COMMENT,
        "count",
        1,
        inf,
        0,
        Text(
            "与该评论近似相同的评论数（含自身，全部数据）。",
            "How many comments of the whole set are alike, this one included.",
        ),
        "near-duplicates by MinHash bands (Broder 1997) and a verified edit distance",
    ),
    FeatureSpec(
        "surprise",
        Entity.COMMENT,
        "bits",
        0,
        inf,
        1,
        Text(
            "该评论的模板在此处比别处多见的程度（比特）；回应提示语时为 0。",
            "Bits by which the comment's template is more common here than elsewhere; 0 where it"
            " answers a prompt.",
        ),
        _SURPRISE,
    ),
    FeatureSpec(
        "echo",
        Entity.COMMENT,
        "share",
        0,
        1,
        -1,
        Text(
            "该评论是否回应或重复作者自己的提示语或标题（1 是，0 否）。",
            "Whether the comment answers or repeats the author's prompt or title (1 yes, 0 no).",
        ),
        "hard negatives H1 and H2",
    ),
)
