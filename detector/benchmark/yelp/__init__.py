"""The Yelp benchmark by date: reviews that a platform filtered, told from the past alone."""

from __future__ import annotations

from zhenzan.detector.benchmark.yelp.reviews import read_yelp
from zhenzan.detector.benchmark.yelp.run import run_yelp

__all__ = ["read_yelp", "run_yelp"]
