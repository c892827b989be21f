"""Forms: only our own pages may send them.

Three fences, one behind the other: the cookie is `SameSite=Strict`; requests that a browser says
come from another site are refused before any route (`origins.py`), which also covers the user of a
laptop who has no log-in; and a log-in's forms carry a token that no other site can read.
"""

from __future__ import annotations

from zhenzan.api.problems import Problem
from zhenzan.api.security.login import same
from zhenzan.api.security.principal import Principal

__all__ = ["check_form"]


def check_form(who: Principal, token: str) -> None:
    """Refuses a form that none of this log-in's pages held.

    Args:
        who: Who sent it.
        token: The value of the field `form_token`.

    Raises:
        Problem: 403.
    """
    if who.form_token is not None and not same(token, who.form_token):
        raise Problem(403, "form-token", "the form is not of this log-in; load the page again")
