"""Families of orders: which quantities, in which shape, on what. A new family is one line here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zhenzan.detector.simulate.orders import QUANTITIES, SMALL_QUANTITIES

__all__ = ["FAMILIES", "Family"]


@dataclass(frozen=True, slots=True)
class Family:
    """One way of delivering.

    Attributes:
        name: Kind of the campaigns.
        deliveries: Shapes, drawn for each order.
        quantities: Sizes, drawn for each order.
        target: `section`, `comment` (likes of comments) or `texts` (comments are delivered).
        late_h: Mean delay from publication to the order, in hours.
        match: How much likelier workers are who share the section's interest or region.
        ladder: Comments and shares of the same workers follow their likes.
        paraphrase: Texts are rewritten, not only edited in their slots.
        on: Whose sections: `organic` (of buyers), `creator` (every new post of one), `anybody` (who
            did not ask), `pod`, `unseen` (of buyers, without a public of their own), or the name of
            a hard negative.
    """

    name: str
    deliveries: tuple[str, ...]
    quantities: tuple[int, ...] = QUANTITIES
    target: str = "section"
    late_h: float = 12.0
    match: float = 0.0
    ladder: bool = False
    paraphrase: bool = False
    on: str = "organic"


FAMILIES: Final = {
    f.name: f
    for f in (
        Family("flash", ("flash",)),
        Family("steps", ("steps",)),
        Family("drip", ("linear", "linear", "constant"), late_h=24.0, match=2.0),
        Family("small", ("flash", "diurnal"), SMALL_QUANTITIES),
        Family("part_time", ("diurnal",), match=4.0),
        Family("curve", ("curve",), late_h=2.0, match=4.0),
        Family("comment_likes", ("flash", "diurnal"), (20, 30, 50, 100), target="comment"),
        Family("ladder", ("diurnal", "flash"), ladder=True, match=2.0),
        Family("texts", ("diurnal",), (20, 25, 30, 50), target="texts"),
        Family("paraphrase", ("diurnal",), (20, 25, 30, 50), target="texts", paraphrase=True),
        # 100-110 for every new post of a subscriber (panel "API v2", peers.md section 4).
        Family("subscription", ("flash", "curve"), (100,), late_h=0.5, on="creator"),
        Family("mixed", ("diurnal", "flash"), on="push"),
        # A circle of creators who like each other's posts within the hour (hard-negatives.md P4).
        Family("pod", ("hour",), tuple(range(18, 61)), late_h=0.05, on="pod"),
        Family("sabotage", ("flash", "steps"), (200, 300, 500), on="anybody"),
        # Bought whole, as repositories of a ring that sold stars were: of 87, the 26 with fifty or
        # more got 51 to 102, nearly all from the ring, eleven of them within a day (stars.parquet).
        Family("whole", ("flash", "steps", "linear"), (50, 50, 75, 100, 100, 200), on="unseen"),
    )
}
