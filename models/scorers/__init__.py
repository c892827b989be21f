"""Numbers in, scores out: scorers by rules or by training, behind one contract."""

from zhenzan.models.scorers.base import EXCUSES, Scorer, Scores
from zhenzan.models.scorers.rules import RulesScorer

__all__ = ["EXCUSES", "RulesScorer", "Scorer", "Scores"]
