"""What routes share: who asks, what they may do, and the headers of a page of results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from ui.api.problems import Problem, Refusal
from ui.reader import Reader, reader_of

_REASONS = {
    400: "The request cannot be read.",
    401: "Sign in first.",
    403: "This reader may not do that.",
    404: "Not held, or not for this reader.",
    409: "The first request with this Idempotency-Key still runs.",
    413: "Too large.",
    415: "Nothing reads this kind of content.",
    422: "The request cannot be used; `errors` says where.",
    429: "Too many requests; Retry-After says when to come back.",
    500: "Something went wrong; the server's log says why.",
    503: "Too busy; Retry-After says when to come back.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a route refuses, for its description in OpenAPI."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    content = {"application/problem+json": {"schema": schema}}
    return {status: {"description": _REASONS[status], "content": content} for status in (401, 403, 429, 500, *statuses)}


def may(scope: str) -> Callable[[Request], Reader]:
    """A dependency: the reader, who may do what `scope` names.

    Raises:
        Refusal: they may not.
    """

    def reader_with_scope(request: Request) -> Reader:
        reader = reader_of(request.scope)
        if scope not in reader.scopes:
            raise Refusal(403, "Not allowed", f"This takes the scope “{scope}”, which {reader.name} does not have.")
        return reader

    return reader_with_scope


def address(request: Request, path: str) -> str:
    """A path of ours as the client has to ask for it, below what a proxy takes off."""
    return f"{request.scope.get('root_path', '').rstrip('/')}{path}"


def next_page(request: Request, changes: Mapping[str, object]) -> str:
    """A Link header (RFC 8288) to the next page: this request's address with some parameters changed."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    query = urlencode([*kept, *((name, str(value)) for name, value in changes.items())])
    return f'<{request.url.path}?{query}>; rel="next"'
