"""Family `timing`: how a stream's arrivals look beside its own surroundings."""

from zhenzan.features.timing.family import TimingFamily

__all__ = ["TimingFamily"]
