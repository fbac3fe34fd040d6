"""How schemathesis writes the media types of our API that it does not know. It imports this in its own environment."""

from __future__ import annotations

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def json_lines(ctx: Any, value: Any) -> Any:
    """The schema is a string: the whole body. Wrong data are other values, as JSON."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value, default=str)).encode("utf-8", "replace")
