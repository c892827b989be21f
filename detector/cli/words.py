"""What the commands say, zh and en. Wording follows the project's words: likelihood, no verdict."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

__all__ = ["BANDS", "DELIVERIES", "KINDS", "STATUSES", "WORDS", "singular"]

BANDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "likely_purchased": "多项独立迹象指向协同或购买互动",
        "unusual": "有异常，原因未明",
        "unusual_explained": "有异常，但有合理解释",
        "organic": "与自然互动一致",
        "insufficient_data": "数据不足，无法判断",
    },
    "en": {
        "likely_purchased": "several independent signs of coordinated or purchased activity",
        "unusual": "unusual, unexplained",
        "unusual_explained": "unusual, benign explanation found",
        "organic": "consistent with organic activity",
        "insufficient_data": "not enough data",
    },
}

STATUSES: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {"scored": "已评分", "insufficient_data": "数据不足", "not_applicable": "不适用"},
    "en": {
        "scored": "scored",
        "insufficient_data": "insufficient data",
        "not_applicable": "not applicable",
    },
}

KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {"section": "评论区", "account": "账号", "comment": "评论", "campaign": "协同群组"},
    "en": {
        "section": "section",
        "account": "account",
        "comment": "comment",
        "campaign": "campaign",
    },
}

DELIVERIES: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "flash": "两小时内集中送达",
        "steps": "按固定间隔分批",
        "linear": "匀速，历时一天以上",
        "diurnal": "参与者各自的时段，历时一两天或更久",
        "decay": "开头快、随后放缓，如自然热度",
        "mixed": "多种方式",
    },
    "en": {
        "flash": "all within two hours",
        "steps": "in runs at a fixed interval",
        "linear": "at an even pace over a day or more",
        "diurnal": "in people's own sessions over a day or two, or longer",
        "decay": "fast at first, then slower, as organic attention",
        "mixed": "in several ways",
    },
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "read": "读取 {read} 行：{kept} 行可用，{merged} 行重复，"
        "{rejected} 行无法使用，{skipped} 行无关",
        "rows": "{n} 行",
        "rejected": "无法使用",
        "noted": "注意",
        "counts": "{sections} 个评论区，{accounts} 个账号，{comments} 条评论，{engagements} 次互动",
        "bands": "评论区分布",
        "top": "得分最高的评论区（共 {n} 个值得留意）",
        "none": "没有评论区显出异常。未发现不等于不存在："
        "哪些能检查、还可补充什么，见 `zhenzan doctor PATH`。",
        "unjudged": "数据不足，没有一个评论区可以判断：还可补充什么，见 `zhenzan doctor PATH`。",
        "header": "评论区|评级|得分|疑似购买|90% 区间|互动数",
        "families": "已用特征",
        "skipped": "未计算",
        "insight": "给作者",
        "insights": "更多见报告与 insights.jsonl，无论结论如何都可参考。",
        "seconds": "用时 {seconds:.1f} 秒，内存峰值 {memory}",
        "written": "结果写入 {path}",
        "next": "生成报告：zhenzan report {path}",
        "caution": "结果是收到的互动的可能性与证据，不是对任何人的指控。",
        "report": "报告：{path}",
        "band": "评级",
        "status": "状态",
        "score": "得分",
        "reasons": "理由",
        "contexts": "已知情境",
        "coordinated": "协同",
        "automated": "自动化",
        "campaigns": "协同群组",
        "purchased": "疑似购买",
        "of": "{n}（90% 区间 {lo}–{hi}），共 {total}",
        "missing": "未能检查",
        "evidence": "证据",
        "strength": "强度 10^{power}",
        "no_evidence": "没有关于它的证据陈述。",
        "but": "另一种可能",
        "colon": "：",
        "comma": "，",
        "semicolon": "；",
        "brackets": "{outer}（{inner}）",
        "yes": "是",
        "no": "否",
        "group": "{accounts} 个账号，{sections} 个评论区，{engagements} 次互动",
        "members": "成员",
        "window": "时间",
        "delivery": "到达形态",
        "same": "延续上次扫描的 {name}",
        "split": "从上次扫描的 {name} 分出",
        "merged": "并入了上次扫描的 {name}",
        "order_size": "每单数目",
        "dollars": "美元（公开价目）",
        "cost": "估计费用",
        "sample": "示例",
        "more": "另有 {n} 个",
        "checkable": "{title}：{total} 个评论区中 {n} 个可以检查",
        "add": "若补充{what}，还可检查 {n} 个",
        "limits": "结果受到的限制：",
        "limit": "{what}（{total} 个评论区中的 {n} 个）",
        "capability": "评论区|点赞|带时间|计数时点|时间精度|评论|可检查",
    },
    "en": {
        "read": "{read} rows read: {kept} kept, {merged} duplicates merged, "
        "{rejected} rejected, {skipped} skipped",
        "rows": "{n} rows",
        "rejected": "rejected",
        "noted": "note",
        "counts": "{sections} sections, {accounts} accounts, {comments} comments, "
        "{engagements} engagements",
        "bands": "Sections by band",
        "top": "Highest scores (sections that stand out: {n})",
        "none": "No section stands out. Not found is not the same as not there: "
        "`zhenzan doctor PATH` says what can be checked and what to add.",
        "unjudged": "Not enough data to judge any section: `zhenzan doctor PATH` says what to add.",
        "header": "section|band|score|likely purchased|90 % interval|engagements",
        "families": "families used",
        "skipped": "not computed",
        "insight": "For the creator",
        "insights": "More in the report and insights.jsonl, whatever was found.",
        "seconds": "{seconds:.1f} s, peak memory {memory}",
        "written": "results in {path}",
        "next": "for the report: zhenzan report {path}",
        "caution": "Likelihood and evidence about activity received; no accusation of anyone.",
        "report": "report: {path}",
        "band": "band",
        "status": "status",
        "score": "score",
        "reasons": "reasons",
        "contexts": "contexts",
        "coordinated": "coordinated",
        "automated": "automated",
        "campaigns": "campaigns",
        "purchased": "likely purchased",
        "of": "{n} (90 % interval {lo}–{hi}) of {total}",
        "missing": "not checkable",
        "evidence": "Evidence",
        "strength": "strength 10^{power}",
        "no_evidence": "No statement is about it.",
        "but": "may also be",
        "colon": ": ",
        "comma": ", ",
        "semicolon": "; ",
        "brackets": "{outer} ({inner})",
        "yes": "yes",
        "no": "no",
        "group": "{accounts} accounts, {sections} sections, {engagements} engagements",
        "members": "members",
        "window": "time",
        "delivery": "delivery",
        "same": "continues {name} of the earlier scan",
        "split": "split off from {name} of the earlier scan",
        "merged": "took in {name} of the earlier scan",
        "order_size": "order size",
        "dollars": "US dollars at public prices",
        "cost": "estimated cost",
        "sample": "for instance",
        "more": "{n} more",
        "checkable": "{title}: {n} of {total} sections can be checked",
        "add": "{n} more with {what}",
        "limits": "What holds results back:",
        "limit": "{what} ({n} of {total} sections)",
        "capability": "section|likes|timed|counts read|precision|comments|checked by",
    },
}

_ONE: Final = re.compile(r"(?<![\d.,])1 (row|duplicate|section|account|comment|engagement)s\b")


def singular(line: str) -> str:
    """A line of figures with `1 row` where the words above say `1 rows`."""
    return _ONE.sub(r"1 \1", line)
