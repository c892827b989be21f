"""Who looks at a page, in which language, and how the page answers."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import Depends, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from zhenzan.api.context import Service, service
from zhenzan.api.once import Once
from zhenzan.api.pages.render import render
from zhenzan.api.pages.texts import LANGUAGE_COOKIE, console_texts, language_of
from zhenzan.api.problems import Problem, no_space
from zhenzan.api.security.access import find_principal, slow_down
from zhenzan.api.security.csrf import check_form
from zhenzan.api.security.principal import Principal
from zhenzan.detector.report.texts import LANGUAGES, Texts
from zhenzan.features.errors import ZhenzanError

__all__ = ["PageRoute", "Visitor", "allowed", "page", "posted", "see"]

_YEAR_S: Final = 365 * 86_400


class _NobodyError(Exception):
    """The page needs a log-in."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page.

    Attributes:
        request: What the browser sent.
        held: The service.
        who: Whose log-in it is.
        texts: Sentences in the visitor's language.
    """

    request: Request
    held: Service
    who: Principal
    texts: Texts

    def may(self, scope: str) -> bool:
        """Whether a control for this is shown."""
        return scope in self.who.scopes

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The page, in the visitor's language."""
        return page(self.request, self.texts, template, status, visitor=self, **values)

    def once(self, given: str) -> Once:
        """A form that is sent twice is done once: its hidden key names the sending."""
        return Once(self.request, Response(), self.held, f"form-{given}" if given else None)


def page(
    request: Request, texts: Texts, template: str, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page; a language that the address names is kept for the next one."""
    values.setdefault("visitor", None)
    here = request.url.path
    queries = {
        language: urlencode([
            *((k, v) for k, v in request.query_params.multi_items() if k != "lang"),
            ("lang", language),
        ])
        for language in LANGUAGES
    }  # fmt: skip
    html = render(
        template, texts, here=here, languages=queries, send_key=secrets.token_hex(12), **values
    )
    answer = HTMLResponse(html, status)
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE, texts.language, max_age=_YEAR_S, samesite="strict", httponly=True
        )
    return answer


def see(path: str, **query: str) -> RedirectResponse:
    """After a form: look at this page (303, so that a reload sends nothing again)."""
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)


def allowed(*scopes: str) -> Any:
    """A dependency: the visitor, who must have all these scopes."""

    def check(request: Request, held: Annotated[Service, Depends(service)]) -> Visitor:
        who = find_principal(request, held, None)
        if who is None:
            raise _NobodyError
        slow_down(held, who.key_id)
        if missing := sorted(set(scopes) - who.scopes):
            raise Problem(403, "missing-scope", f"the key lacks {', '.join(missing)}")
        request.state.principal = who
        return Visitor(request, held, who, console_texts(language_of(request)))

    return Depends(check)


def posted(*scopes: str) -> Any:
    """A dependency of forms: as `allowed`, and the form is one of this log-in's pages."""
    known = allowed(*scopes)

    # As a default: an annotation cannot name what only this call knows.
    def check(visitor: Visitor = known, form_token: Annotated[str, Form()] = "") -> Visitor:
        check_form(visitor.who, form_token)
        return visitor

    return Depends(check)


class PageRoute(APIRoute):
    """Answers errors as pages, and sends to the log-in whoever is not known."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wraps the handler."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await inner(request)
            except _NobodyError:
                query = f"?{request.url.query}" if request.url.query else ""
                there = request.url.path + query if request.method == "GET" else "/"
                return see(f"/login?next={quote(there, safe='')}")
            except HTTPException as error:
                return _sorry(request, error.status_code, str(error.detail))
            except (RequestValidationError, ValidationError) as error:
                fields = {str(part["loc"][-1]) for part in error.errors() if part["loc"]}
                return _sorry(request, 422, ", ".join(sorted(fields)))
            except ZhenzanError as error:
                status = error.http_status
                return _sorry(request, status, "" if status >= 500 else str(error))
            except (OSError, OperationalError) as error:
                problem = no_space(error)
                if problem is None:
                    raise
                return _sorry(request, problem.status_code, str(problem.detail))

        return handler


def _sorry(request: Request, status: int, detail: str) -> Response:
    texts = console_texts(language_of(request))
    key = f"problem.{status}"
    return page(
        request, texts, "problem.j2", status,
        title=texts(key if key in texts.entries else "problem.other"), detail=detail,
        request_id=getattr(request.state, "request_id", None),
    )  # fmt: skip
