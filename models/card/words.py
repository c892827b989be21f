"""The sentences of a model card that do not depend on figures, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from zhenzan.features.family import Text

__all__ = ["CLASSES", "COLUMNS", "FACETS", "FOR", "HEADINGS", "LINES", "NOT_FOR", "UNITS"]


def _frozen(words: dict[str, Text]) -> Mapping[str, Text]:
    return MappingProxyType(words)


HEADINGS: Final = _frozen({
    "title": Text("模型卡", "Model card"),
    "for": Text("用途", "What it is for"),
    "not_for": Text("不适用的用途", "What it is not for"),
    "data": Text("训练数据", "What it was trained on"),
    "figures": Text("指标", "What it is worth"),
    "fresh": Text("全新世界上的指标", "On fresh worlds"),
    "reliability": Text("概率是否名副其实", "Whether probabilities mean what they say"),
    "slices": Text("分组指标", "For whom it is better or worse"),
    "negatives": Text("最容易被误判的正常情形", "What is most often mistaken"),
    "splits": Text("训练中没有的情形", "What its training did not hold"),
    "blind": Text("已知盲点", "Blind spots"),
    "silent": Text("何时不给概率", "When it states no probability"),
    "appeal": Text("如何申诉", "How to object"),
})  # fmt: skip

UNITS: Final = _frozen({
    "section": Text("评论区", "sections"),
    "account": Text("账号", "accounts"),
    "comment": Text("评论", "comments"),
})  # fmt: skip

CLASSES: Final = _frozen({
    "events": Text("完整事件", "full events"),
    "acts": Text("账号仅有编号的事件", "events of accounts that are but names"),
    "counts": Text("仅计数", "counts only"),
    "comments": Text("仅评论", "comments only"),
    "none": Text("无可查数据", "nothing that can be checked"),
})  # fmt: skip

FACETS: Final = _frozen({
    "order": Text("订单类型", "kind of order"),
    "pool": Text("账号池", "kind of pool"),
    "delivery": Text("送达方式", "way of delivery"),
    "language": Text("语言", "language"),
    "size": Text("互动数", "engagements"),
    "life": Text("正常情形", "ordinary life"),
})  # fmt: skip

COLUMNS: Final = _frozen({
    "unit": Text("对象", "unit"),
    "class": Text("数据类型", "what is known"),
    "n": Text("行数", "rows"),
    "n_positive": Text("其中购买", "purchased"),
    "auc": Text("AUC（规则）", "AUC (rules)"),
    "recall": Text("0.5% 误报下的召回率（规则）", "recall at 0.5 % false positives (rules)"),
    "calibration": Text("校准误差", "calibration error"),
    "skill": Text("Brier 技巧分", "Brier skill"),
    "coverage": Text("90% 区间覆盖率", "coverage of 90 % intervals"),
    "facet": Text("分组", "by"),
    "name": Text("取值", "value"),
    "found": Text("找到（95% 区间）", "found (95 % interval)"),
    "wrong": Text("误报（95% 区间）", "mistaken (95 % interval)"),
    "stated": Text("平均概率", "mean probability"),
    "observed": Text("实际比例", "observed share"),
    "split": Text("未见过的", "not seen"),
})  # fmt: skip

FOR: Final = (
    Text("为评论区、账号和评论排出人工复核的先后，并给出“达到所述事件”的概率与理由。",
         "Putting sections, accounts and comments in an order for review by people, with the "
         "probability of a stated event and the reasons."),
    Text("平台信任与安全团队、创作者（看自己的评论区）和研究者。",
         "Trust teams of platforms, creators looking at their own sections, researchers."),
)  # fmt: skip

NOT_FOR: Final = (
    Text("自动处罚、删除、限流，或任何没有人复核的决定：它不作决定，也不指认购买者。",
         "Automatic penalties, removals or demotions, or any decision without a person: it decides "
         "nothing, and does not say who bought."),
    Text("公开指称某人购买互动：受益者、竞争对手、服务商都可能下单。",
         "Naming someone in public: the one who benefits, a rival or a vendor may have ordered."),
    Text("判断观点、内容真伪，或账号是不是程序。",
         "Judging opinions, whether content is true, or whether an account is run by a program."),
    Text("与训练差异很大的数据；那里不给概率，排序由规则代替（规则能排序的数据类型），其余未经检验。",
         "Data far from its training: no probability is stated there, and the rules rank in its "
         "place where they can rank such data; elsewhere ranks are untested."),
)  # fmt: skip

LINES: Final = _frozen({
    "events": Text(
        "所述事件：评论区至少有 max(20, 5%) 的互动（或评论）是购买的；账号至少按订单送达两次；"
        "评论至少有 max(10, 20%) 的点赞或评论本身是购买的。",
        "The stated events: at least max(20, 5 %) of the engagements or of the comments of a "
        "section were purchased; an account delivered two at least; at least max(10, 20 %) of "
        "the likes of a comment, or the comment itself, were purchased."),
    "held_out": Text(
        "以下各数均来自训练时没见过的组（世界、操作者或创作者）；各种数据类型分开陈述，从不平均。"
        "每个世界的购买比例不同，概率按训练中的比例给出。",
        "All figures below are of groups (worlds, operators or creators) that the trees had "
        "not seen; what is known of a section is stated apart and never averaged. The share of "
        "what is purchased differs from set to set; probabilities hold for that of the "
        "training."),
    "simulated": Text(
        "训练世界是模拟的：真实的购买互动很少有可靠标签。模拟没有的手法，这些数字说不了什么。",
        "Training worlds are simulated, since real purchases with sure labels are rare. Of "
        "ways of delivery that the simulation lacks these figures say nothing."),
    "threshold": Text(
        "所有分组用同一阈值：全部正常行中 0.5% 超过它。不足 10 行的分组不列。",
        "All slices share one threshold, which 0.5 % of all that is not purchased exceeds. "
        "Slices of fewer than 10 rows are left out."),
    "diagram": Text(
        "横轴是给出的概率，纵轴是实际比例，点越大行数越多；落在对角线上表示名副其实。",
        "Across: the probability stated; up: the share observed; larger points hold more rows. "
        "Points on the diagonal mean what they say."),
    "intervals": Text(
        "区间覆盖率：收到订单的评论区中，购买数落在 90% 区间内的比例。",
        "Coverage: of the sections that received an order, the share whose 90 % interval holds "
        "the number purchased."),
    "splits": Text(
        "时间：各组的评论区按发布先后，只学前五分之三，看其余。",
        "Later days: learnt from the first three fifths of each group's sections by their "
        "publication, judged on the others."),
    "splits_pool": Text(
        "账号池：训练中去掉这一类账号池送达过任何互动的评论区，在其他世界上看它送达最多的评论区。",
        "A pool: sections in which that kind of pool delivered anything are left out of training; "
        "judged in other groups, on those in which it delivered most."),
    "splits_main": Text(
        "账号池：训练中去掉这一类账号池送达最多的评论区（它送达较少的仍在训练中），在其他世界上"
        "看它送达最多的评论区。",
        "A pool: sections in which that kind of pool delivered most are left out of training "
        "(those in which another delivered more are not); judged in other groups, on those in "
        "which it delivered most."),
    "blind_few": Text(
        "一个账号只送达一次、且与其他账号从不同行时，账号层面查无可查。",
        "Where an account delivers once and never beside the same others, nothing about the "
        "account can be seen."),
    "blind_counts": Text(
        "只有计数时，缓慢而随受众作息送达的订单与自然增长无从区分。",
        "From counts alone, a slow order that keeps the audience's hours cannot be told from "
        "growth."),
    "blind_real": Text(
        "真人接单（互赞群、兼职）在别处像普通用户，最难找到。",
        "People who deliver by hand (exchange groups, paid by the piece) behave like others "
        "elsewhere and are the hardest to find."),
    "blind_whole": Text(
        "整个评论区都是买来的，而接单账号此外什么也不做：训练世界里没有这样的评论区。真实的售星"
        "网络里，29 个中除 2 个外都不给概率，由规则排序（AUC 0.95，只用规则 0.96，只用树 0.85）；"
        "那 2 个给出 0.13 和 0.40，偏低。请看结论等级。",
        "Sections that were bought whole, by accounts that do nothing else: no training world has "
        "them. In a real ring of sold stars all but two of 29 get no probability and are ranked "
        "by the rules (AUC 0.95; by rules alone 0.96, by the trees alone 0.85); the two are told "
        "0.13 and 0.40, too little. Go by the bands there."),
    "blind_slice": Text(
        "未参与训练的各折中找到不到一半：",
        "Less than half was found out of fold: "),
    "silent": Text(
        "数据不足以评判；该数据类型没有校准过，或校准在未见过的数据上偏差过大；缺失的特征族组合、或特征取值超出训练所见。原因逐"
        "行记在 `reference/model_rows.parquet`。",
        "Where too little is known to judge; where this kind of data was not calibrated, or "
        "where what was stated of it missed what happened on data that was not seen; where "
        "families of features are missing, or features lie, as they never did in training. The "
        "reason stands row by row in `reference/model_rows.parquet`."),
    "appeal": Text(
        "被影响的人可以要求看到依据：`zhenzan explain DIR ID` 给出每条理由、数值、其他可能的解"
        "释和未能检查的内容。`run.json` 记有模型摘要，同样的数据会得到同样的结果，因此可以复算。"
        "申诉由作出决定的平台或团队处理；推翻的结论可作为 `overturned` 记入标签，用于下一次训练。",
        "Who is affected may ask for the grounds: `zhenzan explain DIR ID` gives every reason "
        "with its figures, what else could explain it and what could not be checked. "
        "`run.json` names the digest of the model, and the same data give the same result, so "
        "that it can be computed again. Objections go to whoever decided; what is overturned "
        "can be kept as a label (`overturned`) for the next training."),
})  # fmt: skip
