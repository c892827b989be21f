"""Family `account`: who came, how old and how real their profiles are, what else they do."""

from zhenzan.features.account.family import AccountFamily

__all__ = ["AccountFamily"]
