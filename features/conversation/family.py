"""The family: threads and ladders of sections, accounts and comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final

from zhenzan.features.capability import complete
from zhenzan.features.conversation import ladder, threads
from zhenzan.features.conversation.evidence import CLIMBS, ladder_evidence
from zhenzan.features.conversation.specs import SPECS
from zhenzan.features.conversation.usual import USUAL, usual_kernel
from zhenzan.features.engine.base import Engine, Relation
from zhenzan.features.family import (
    Entity,
    Evidence,
    FeatureConfig,
    FeatureSpec,
    Requirement,
    Tables,
    Text,
)

__all__ = ["ConversationFamily"]

# Times known to a minute count as exact, as for timing; comments may be ten minutes coarse. Five
# is the fewest of which a share or a spread is worth stating (a share of 19 in 20 is not).
_PARAMETERS: Final[Mapping[str, int | float]] = MappingProxyType(
    {
        "exact_ms": 60_000, "coarsest_s": 600, "published_s": 3_600, "span_ms": 3 * 86_400_000,
        "least_pairs": 5, "least_comments": threads.LEAST_COMMENTS,
    }
)  # fmt: skip

_SECTION: Final = f"""
SELECT COALESCE(t.section_id, l.section_id, u.section_id) AS section_id,
       t.reply_share, t.reply_depth, t.thread_share, t.answered_share, t.creator_reply_share,
       t.reply_latency, t.exchange_share, t.addressed_share, t.question_share,
       t.question_answered_share, l.liked_share, l.ladder_share, l.order_fixedness, l.ladder_lag,
       l.lag_spread, u.excess AS like_comment_excess
FROM ({threads.SECTION_THREADS}) t
FULL JOIN ({ladder.SECTION_LADDERS}) l ON l.section_id = t.section_id
FULL JOIN conversation_usual u ON u.section_id = COALESCE(t.section_id, l.section_id)
"""
_ACCOUNT: Final = f"""
SELECT COALESCE(t.account_id, l.account_id) AS account_id, t.reply_share, t.answered_share,
       l.liked_share, l.ladder_share, l.order_fixedness, l.ladder_lag, l.lag_spread
FROM ({threads.ACCOUNT_THREADS}) t
FULL JOIN ({ladder.ACCOUNT_LADDERS}) l ON l.account_id = t.account_id
"""


class ConversationFamily:
    """Who answers whom, and in which order one account likes, comments and shares.

    Figures of threads abstain where the source tells no replies, those of ladders where likes (or
    shares) have no names, and both below `config.min_comments` comments by others.
    """

    name: ClassVar[str] = "conversation"
    version: ClassVar[int] = 1
    title: ClassVar[Text] = Text("对话", "Conversation")
    requires: ClassVar[Requirement] = Requirement({"comment": ("comment_id",)})
    specs: ClassVar[tuple[FeatureSpec, ...]] = SPECS

    def compute(
        self, engine: Engine, tables: Tables, config: FeatureConfig
    ) -> dict[Entity, Relation]:
        """See `FeatureFamily.compute`; all three entities."""
        made = self._prepared(engine, tables, config)
        usual = self._usual(engine, tables, config)
        # A section has writers by the dozen, an account a few sections.
        section = self._run(engine, _SECTION, "section", config, least_writers=config.min_comments)
        account = self._run(
            engine, _ACCOUNT, "account", config, least_writers=threads.LEAST_COMMENTS
        )
        comment = self._run(engine, threads.COMMENT_THREADS, "comment", config)
        for relation in (*made, usual):
            engine.drop(relation)
        return {Entity.SECTION: section, Entity.ACCOUNT: account, Entity.COMMENT: comment}

    def explain(
        self, engine: Engine, tables: Tables, targets: Mapping[Entity, Sequence[str]]
    ) -> Iterator[Evidence]:
        """See `FeatureFamily.explain`; ladders of sections."""
        wanted = set(targets.get(Entity.SECTION, ()))
        if not wanted or "comment" not in tables:
            return
        config = FeatureConfig()
        made = self._prepared(engine, tables, config)
        climbs = self._run(engine, CLIMBS, "climbs", config)
        rows = engine.fetch(climbs).to_pylist()
        for relation in (*made, climbs):
            engine.drop(relation)
        yield from ladder_evidence(rows, wanted, self.version)

    def _prepared(
        self, engine: Engine, tables: Tables, config: FeatureConfig
    ) -> tuple[Relation, ...]:
        """The comments with their answers, the ladders, and their steps."""
        names = {name: relation.name for name, relation in complete(engine, tables).items()}
        return (
            self._run(engine, threads.COMMENTS.format(**names), "comments", config),
            self._run(engine, ladder.LADDERS.format(**names), "ladders", config),
            self._run(engine, ladder.STEPS, "steps", config),
        )

    def _usual(self, engine: Engine, tables: Tables, config: FeatureConfig) -> Relation:
        names = {name: relation.name for name, relation in complete(engine, tables).items()}
        ratios = self._run(engine, ladder.RATIOS.format(**names), "ratios", config)
        usual = engine.map_groups(
            ratios,
            ["creator_id"],
            usual_kernel,
            USUAL,
            into="conversation_usual",
            step=self.name,
            order_by=["log_ratio"],
        )
        engine.drop(ratios)
        return usual

    def _run(
        self, engine: Engine, statement: str, into: str, config: FeatureConfig, **more: int
    ) -> Relation:
        own = {"min_comments": config.min_comments, "min_likes": config.min_likes}
        return engine.sql(
            statement,
            into=f"{self.name}_{into}",
            step=self.name,
            params={**_PARAMETERS, **own, **more},
        )
