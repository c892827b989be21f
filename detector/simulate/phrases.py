"""Word lists from which simulated titles, comments and ordered texts are put together.

All written for this project; a `{n}` is filled with a noun of the section's vertical.
"""

from __future__ import annotations

from typing import Final

__all__ = ["BODIES", "EMOJI", "NOUNS", "OPENERS", "ORDERED", "REPLIES", "SHORT", "TAILS", "TITLES"]

NOUNS: Final = {
    "zh": {
        "work": ("周报", "加班", "面试", "涨薪", "会议", "领导", "简历", "跳槽", "绩效", "远程办公"),
        "parenting": ("辅食", "幼儿园", "绘本", "睡眠", "早教", "发烧", "二胎", "学区", "作业", "疫苗"),
        "tech": ("手机", "芯片", "显卡", "系统更新", "编辑器", "路由器", "大模型", "键盘", "相机", "电池"),
        "food": ("红烧肉", "火锅", "面条", "早餐", "奶茶", "烘焙", "米线", "凉菜", "鱼汤", "辣酱"),
        "entertainment": ("这部剧", "演唱会", "新专辑", "综艺", "主角", "片尾曲", "预告", "舞台", "导演", "台词"),
        "news": ("通报", "台风", "油价", "新规", "地铁", "医保", "高铁", "暴雨", "物价", "招生"),
        "games": ("新英雄", "副本", "皮肤", "排位", "补丁", "剧情", "抽卡", "联机", "手柄", "赛季"),
        "local": ("老街", "公交", "早市", "物业", "公园", "菜场", "停车", "路口", "社区", "图书馆"),
    },
    "en": {
        "work": ("the standup", "remote work", "my manager", "the interview", "the raise", "burnout"),
        "parenting": ("bedtime", "day care", "the toddler", "homework", "picture books", "night feeds"),
        "tech": ("the battery", "the keyboard", "this update", "the compiler", "the camera", "the router"),
        "food": ("the sauce", "sourdough", "this stew", "the noodles", "breakfast", "the chili oil"),
        "entertainment": ("the finale", "this album", "the trailer", "the cast", "the encore", "that scene"),
        "news": ("the storm", "the strike", "fuel prices", "the new rule", "the train line", "the vote"),
        "games": ("the boss fight", "ranked", "this patch", "the map", "co-op", "the ending"),
        "local": ("the market", "parking", "the bus", "the park", "our street", "the library"),
    },
}  # fmt: skip

OPENERS: Final = {
    "zh": ("说实话", "昨天", "刚看完", "我家", "身边朋友", "去年", "讲真", "想问下", "其实", "没想到",
           "上次", "本来以为", "看到这里", "认真说", "第一次", "每次"),
    "en": ("Honestly", "Last night", "My sister says", "I used to think", "Not gonna lie", "At first",
           "Just finished this and", "For what it's worth", "After a week", "Every time"),
}  # fmt: skip
BODIES: Final = {
    "zh": ("{n}真的比想象中麻烦", "{n}这点写得很到位", "{n}我试了三天才弄明白", "{n}能不能再讲细一点",
           "关于{n}我有不同看法", "{n}和我遇到的一模一样", "{n}价格到底多少", "为了{n}我翻了好多资料",
           "{n}这个思路可以借鉴", "{n}后来怎么处理的", "被{n}气得睡不着", "{n}终于有人说清楚了",
           "{n}新手要注意什么", "我妈也在纠结{n}", "{n}每个地方情况不同", "感觉{n}被高估了"),
    "en": ("{n} was harder than I expected", "{n} is exactly my problem too", "could you say more about {n}",
           "I see {n} differently", "we tried {n} for three days and gave up", "how much was {n} in the end",
           "{n} finally makes sense to me", "what should a beginner know about {n}",
           "{n} kept me up all night", "I think {n} is overrated", "{n} depends a lot on where you live"),
}  # fmt: skip
TAILS: Final = {
    "zh": ("", "", "", "。", "!", "?", "哈哈", "谢谢分享", "先收藏了", "坐等下一篇", "😂", "👍", "求链接", "……"),
    "en": ("", "", ".", "!", "?", " lol", " thanks for this", " saving it", " any link?", " 😂", " 👍"),
}  # fmt: skip
# Short things that everybody says everywhere (hard-negatives.md H10, H12): rare in no section.
SHORT: Final = {
    "zh": ("支持", "学到了", "哈哈哈哈", "666", "沙发", "前排", "顶", "太真实了", "泪目", "收藏了",
           "支持!", "马克", "说得对", "好文", "加油", "赞"),
    "en": ("lol", "this", "so true", "great post", "first", "thanks", "love it", "same here", "nice",
           "well said", "wow", "+1"),
}  # fmt: skip
REPLIES: Final = {
    "zh": ("同感", "你这个情况可以试试换一种做法", "请问后来好了吗", "不太同意,{n}不是这样", "感谢回复",
           "我也是,{n}太难了", "具体在哪一步?"),
    "en": ("same here", "have you tried it the other way round", "did it get better", "thanks for replying",
           "disagree, {n} is not like that", "which step exactly?"),
}  # fmt: skip
EMOJI: Final = ("", "", "", "👍", "🌹", "💪", "❤️", "🔥", "😊", "👏", "🙏")

# What comment orders deliver: banks of 5-50 texts (peers.md section 4); `{x}` is an edited slot.
ORDERED: Final = {
    "zh": (
        ("支持!+1", "支持!+{x}", "支持支持!+1", "必须支持!+1", "支持一下!+{x}", "强烈支持!+1"),
        ("写得太好了,{x}", "内容很棒,{x}", "干货满满,{x}", "非常实用,{x}", "受益匪浅,{x}",
         "讲得真清楚,{x}", "良心作者,{x}", "看完很有收获,{x}"),
        ("这家{x}真的不错,已经推荐给朋友", "用了{x},效果很明显", "朋友推荐的,{x}没失望",
         "性价比很高,{x}值得买", "第{x}次回购了,一直很满意", "客服态度好,{x}发货也快"),
        ("老师讲得太棒了{x}", "跟着老师学到很多{x}", "老师辛苦了{x}", "一定要支持老师{x}"),
    ),
    "en": (
        ("Support! +1", "Full support! +{x}", "+1 support", "Support from here! +{x}"),
        ("Great content, {x}", "So helpful, {x}", "Amazing work, {x}", "Really useful, {x}",
         "Best post this week, {x}", "Learned a lot, {x}"),
        ("Bought it {x} and it works perfectly", "My friend told me about it, {x} and no regrets",
         "Worth every penny, {x}", "Fast delivery, {x}, will buy again"),
    ),
}  # fmt: skip
SLOTS: Final = {
    "zh": ("1", "2", "10086", "感谢分享", "已转发", "必须点赞", "关注了", "期待更新", "加油", "好评", "三", "两"),
    "en": ("1", "2", "99", "thanks", "keep going", "already shared", "followed", "five stars", "last week"),
}  # fmt: skip

TITLES: Final = {
    "zh": ("关于{n},我的一点经验", "{n}到底值不值", "一个月的{n}记录", "聊聊{n}", "{n}避坑清单", "为什么大家都在说{n}",
           "{n}:三个容易忽略的细节", "第一次面对{n}"),
    "en": ("What I learned about {n}", "Is it worth it: {n}", "A month with {n}", "Let us talk about {n}",
           "Three things people miss: {n}", "Why everyone mentions {n}"),
}  # fmt: skip
