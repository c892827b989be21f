"""Benign explanations: what they look like, who says so, and what they excuse.

`find_contexts` looks for them, `parse_context` reads a creator's own declaration, and
`declared_contexts` says what each row of the canonical `context` table excuses. An excuse can only
lower a band, and none that a rule found undoes a top band in which strangers' company speaks.
"""

from zhenzan.detector.contexts.declare import Declaration, about, declared_rows, parse_context
from zhenzan.detector.contexts.effect import effects, in_order, tally, without_contexts
from zhenzan.detector.contexts.excuses import declared_contexts, kept_by_company
from zhenzan.detector.contexts.find import find_contexts
from zhenzan.detector.contexts.focus import focus_sections
from zhenzan.detector.contexts.kinds import KINDS, Explanation, context_text
from zhenzan.detector.contexts.registry import detectors

__all__ = [
    "KINDS",
    "Declaration",
    "Explanation",
    "about",
    "context_text",
    "declared_contexts",
    "declared_rows",
    "detectors",
    "effects",
    "find_contexts",
    "focus_sections",
    "in_order",
    "kept_by_company",
    "parse_context",
    "tally",
    "without_contexts",
]
