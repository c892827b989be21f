"""Family `template`: texts that repeat here and are rare elsewhere."""

from zhenzan.features.template.analysis import ANALYSED, SURPRISING_BITS, analyse, templates
from zhenzan.features.template.family import TemplateFamily

__all__ = ["ANALYSED", "SURPRISING_BITS", "TemplateFamily", "analyse", "templates"]
