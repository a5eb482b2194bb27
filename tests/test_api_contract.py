"""The API does what its description says: requests made out of OpenAPI, sent to a real server."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from api_place import Place, keyed
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from serving import bearer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
ALL_SCOPES = ("ask", "feedback", "ingest", "admin")
OURS = "^/(api/v1|v1)/|^/(healthz|readyz)$"
EXAMPLES = 25  # for each of some two dozen operations


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """See `Place`."""
    with keyed(tmp_path_factory.mktemp("archive")) as place:
        yield place


@pytest.fixture(scope="module")
def described(place: Place) -> schemathesis.openapi.SchemaLoader:
    """The server's own description."""
    return schemathesis.openapi.from_url(f"{place.url}/openapi.json", headers=bearer(place.secret()))


def test_every_operation_keeps_its_description(place: Place, described: schemathesis.openapi.SchemaLoader) -> None:
    headers = bearer(place.secret("blue", scopes=ALL_SCOPES))
    ours = described.include(path_regex=OURS)
    operations = [result.ok() for result in ours.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:

        @given(st.data())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def holds(data: st.DataObject) -> None:
            mode = data.draw(st.sampled_from(GenerationMode))
            case = data.draw(operation.as_strategy(generation_mode=mode))  # noqa: B023  # run before the next is bound
            case.call_and_validate(headers=headers, checks=CHECKS, timeout=30)

        holds()


def test_the_description_is_served_to_readers(place: Place) -> None:
    with place.client() as client:
        assert client.get("/openapi.json").status_code == 200
    assert httpx.get(f"{place.url}/openapi.json").status_code == 401
