"""The API's documentation as a page of our own: the usual viewers load scripts from elsewhere, which we forbid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from interviewer.http.recruiter_page import recruiter_page
from interviewer.http.security import SignedIn, visitor

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    required: bool
    words: str


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    id: str
    summary: str
    words: str
    parameters: list[Field]
    body: str | None
    reply: str
    status: str


@router.get("/api/v1/docs")
async def reference(request: Request, who: Annotated[SignedIn | None, Depends(visitor)]) -> Response:
    document = request.app.openapi()
    schemas: Mapping[str, Any] = document["components"]["schemas"]
    context = {
        "about": [part.replace("\n", " ").replace("`", "") for part in document["info"]["description"].split("\n\n")],
        "version": document["info"]["version"],
        "operations": _operations(document),
        "schemas": {name: _fields(schema) for name, schema in schemas.items()},
    }
    return recruiter_page(request, "reference", who, context)


def _operations(document: Mapping[str, Any]) -> list[Operation]:
    found = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            status, reply = next((s, r) for s, r in operation["responses"].items() if s.startswith("2"))
            media, content = next(iter(reply["content"].items()))
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            found.append(
                Operation(
                    method.upper(),
                    path,
                    operation["operationId"],
                    operation["summary"],
                    operation.get("description", "").replace("\n", " ").replace("`", ""),
                    [
                        Field(p["name"], _kind(p["schema"]), p.get("required", False), p.get("description", ""))
                        for p in operation.get("parameters", [])
                    ],
                    _kind(body) if body else None,
                    _kind(content["schema"]) if "json" in media else media,
                    status,
                )
            )
    return found


def _fields(schema: Mapping[str, Any]) -> list[Field]:
    required = schema.get("required", [])
    return [
        Field(name, _kind(part), name in required, part.get("description", "").replace("`", ""))
        for name, part in schema.get("properties", {}).items()
    ]


def _kind(schema: Mapping[str, Any]) -> str:
    """A JSON Schema in a few words: ``text or null``, ``list of Interview``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if "const" in schema:
        return f"“{schema['const']}”"
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {_kind(schema['items'])}" if "items" in schema else "list"
    if schema.get("format") == "date-time":
        return "time (ISO 8601)"
    return {"string": "text", "object": "object"}.get(kind, kind)
