"""What the template features are called and mean."""

from __future__ import annotations

from math import inf
from typing import Final

from zhenzan.features.family import Entity, FeatureSpec, Text
from zhenzan.features.template.surprise import MOST_RARITY

__all__ = ["SPECS"]

_SURPRISE: Final = (
    "binomial log-likelihood ratio against other creators' sections (Dunning 1993), smoothed; at"
    " least 2^20 to one, three accounts and five times the expected number"
)
_SLOTS: Final = "slot edits in packs (peers.md, section 4) and by hired people (hard negatives, P5)"
_RARITY: Final = (
    "duplicates weighted by rarity, hard negative H10; smoothed by what is known of short phrases,"
    " at most 13.3 bits (1 in 10,000)"
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
        "fixed_share",
        Entity.SECTION,
        "share",
        0,
        1,
        0,
        Text(
            "被最多账号使用的模板（常用短语与回应提示语除外）中，各条评论保留的原句字符比例：1 "
            "为逐字相同。",
            "Of the template that most accounts use here (everyday phrases and echoes left out),"
            " the share of its characters that the comments keep: 1 for word for word.",
        ),
        _SLOTS,
    ),
    FeatureSpec(
        "slot_entropy",
        Entity.SECTION,
        "share",
        0,
        1,
        0,
        Text(
            "该模板各条评论的改动有多不同：0 为完全一样，1 为每条都不一样。",
            "How varied the edits of that template are: 0 if all are alike, 1 if each comment"
            " has its own.",
        ),
        _SLOTS,
    ),
    FeatureSpec(
        "close_share",
        Entity.SECTION,
        "share",
        0,
        1,
        0,
        Text(
            "不同账号先后写下同一模板时，与前一条相隔不超过十分钟的比例。",
            "Where accounts write one template after each other, the share that come within ten"
            " minutes of the one before.",
        ),
        "13 reviews of one kind within three minutes (peers.md, section 4); answers to a call do"
        " the same, hard negative H2",
    ),
    FeatureSpec(
        "reworded_share",
        Entity.SECTION,
        "share",
        0,
        1,
        1,
        Text(
            "同一句话换序或改写后由多个账号发表、且此处远多于别处的评论比例。",
            "Share of the comments that say one thing in another order, by several accounts and"
            " far more often than elsewhere.",
        ),
        "template packs with paraphrase, hard negatives P6; rarity-weighted Jaccard of 0.5, a"
        " starting value",
    ),
    FeatureSpec(
        "rarity",
        Entity.SECTION,
        "bits",
        0,
        MOST_RARITY,
        0,
        Text(
            "评论文字在其他作者处有多少见（中位数，比特）：0 为人人都写。",
            "How rare the texts are in the sections of other creators (median, bits): 0 for what"
            " everybody writes.",
        ),
        _RARITY,
    ),
    FeatureSpec(
        "everyday_share",
        Entity.SECTION,
        "share",
        0,
        1,
        0,
        Text(
            "常用短语和纯表情的评论比例。",
            "Share of the comments that are everyday phrases or nothing but emoji.",
        ),
        "generic comments: 1 to 3 of 20 are normal, half alarm (HypeAuditor, peers.md 2.18)",
    ),
    FeatureSpec(
        "bare_share",
        Entity.SECTION,
        "share",
        0,
        1,
        0,
        Text(
            "只有表情、符号、链接或 @ 而没有自己文字的评论比例。",
            "Share of the comments without words of their own: emoji, marks or mentions alone.",
        ),
        "emoji-only comments count only where the account is odd, too (HypeAuditor, peers.md 2.18)",
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
        "rarity",
        Entity.ACCOUNT,
        "bits",
        0,
        MOST_RARITY,
        0,
        Text(
            "该账号的评论文字在其他作者处有多少见（中位数，比特；至少三条评论）。",
            "How rare the account's texts are in the sections of other creators (median, bits;"
            " three comments or more).",
        ),
        _RARITY,
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
    FeatureSpec(
        "rarity",
        Entity.COMMENT,
        "bits",
        0,
        MOST_RARITY,
        0,
        Text(
            "该评论的模板在其他作者处有多少见（比特）：0 为人人都写。",
            "How rare the comment's template is in the sections of other creators (bits): 0 for"
            " what everybody writes.",
        ),
        _RARITY,
    ),
    FeatureSpec(
        "wave_place",
        Entity.COMMENT,
        "share",
        0,
        1,
        0,
        Text(
            "该评论在此处同一模板的各条评论中按时间排第几：0 为最先，1 为最后（至少三条）。",
            "The comment's place in time among those of its template here: 0 for the first, 1"
            " for the last (three comments or more).",
        ),
        "memes begin with one author and spread, hard negative H10; a delivered pack has no first",
    ),
)
