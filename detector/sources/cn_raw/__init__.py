"""Raw answers of Chinese platforms; see `zhenzan.detector.sources.cn_raw.source`."""

from zhenzan.detector.sources.cn_raw.source import CnRaw

__all__ = ["CnRaw"]
