"""Family `conversation`: who answers whom, and in which order one account acts on a section."""

from zhenzan.features.conversation.family import ConversationFamily

__all__ = ["ConversationFamily"]
