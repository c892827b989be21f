"""WeChat: comments, counts and statistics of articles (公众号) and of Channels videos (视频号)."""

from zhenzan.detector.sources.wechat.source import Wechat

__all__ = ["Wechat"]
