"""Checkable statements for what will be shown, with counter-evidence."""

from zhenzan.detector.evidence.collect import EvidenceConfig, collect_evidence, evidence_id

__all__ = ["EvidenceConfig", "collect_evidence", "evidence_id"]
