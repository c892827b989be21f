"""Family `template`: texts that repeat here and are rare elsewhere."""

from zhenzan.features.template.analysis import SURPRISING_BITS, templates
from zhenzan.features.template.family import TemplateFamily

__all__ = ["SURPRISING_BITS", "TemplateFamily", "templates"]
