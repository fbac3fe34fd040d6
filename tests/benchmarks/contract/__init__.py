"""Whether the API keeps its own description: schemathesis over the whole OpenAPI document, against a served site.

The site runs on a real PostgreSQL with an interview that is finished and scored, and a key of every scope. schemathesis
(in an environment of its own) reads the document over HTTP, makes up requests that fit it and requests that do not,
follows the links between operations, and checks each reply: no 5xx, a documented status and media type, a body and
headers that fit their schema, wrong data refused, no key no answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.contract.served import served
from tests.benchmarks.peer.environment import interpreter
from tests.benchmarks.report import Figure, Options, Report

__all__ = ["run"]

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header", "ignored_auth",
    "unsupported_method", "use_after_free",
)  # fmt: skip
EXAMPLES, QUICK_EXAMPLES = 100, 10
LONGEST_S = 3600
REPLY_S = 60
"""schemathesis gives up after 10 s by itself, which a machine with other work needs now and then."""
SEED = 20


def run(options: Options) -> Report:
    python = interpreter(REQUIREMENTS, "contract")
    with tempfile.TemporaryDirectory(prefix="melvin-contract-") as made:
        folder = Path(made)
        folder.chmod(0o711)
        counts, shown = asyncio.run(_run(python, folder, QUICK_EXAMPLES if options.quick else EXAMPLES))
    figures = [
        Figure("requests that were checked", counts["cases"], "", at_least=1),
        Figure("operations that were tried", counts["operations"], "", at_least=counts["documented"]),
        Figure("replies 5xx", counts["not_a_server_error"], "", at_most=0),
        Figure("other violations of the contract", counts["other"], "", at_most=0),
        Figure("requests without a reply, and other errors of the test itself", counts["errors"], "", at_most=0),
    ]
    return Report(figures, [f"checks: {', '.join(CHECKS)}", *shown])


async def _run(python: Path, folder: Path, examples: int) -> tuple[dict[str, int], list[str]]:
    async with served(folder) as service:
        written = folder / "report.json"
        command = [
            str(python.with_name("st")), "run", f"{service.address}/api/v1/openapi.json",
            "--header", f"Authorization: Bearer {service.key}", "--checks", ",".join(CHECKS),
            "--max-examples", str(examples), "--seed", str(SEED), "--generation-database", "none",
            "--request-timeout", str(REPLY_S), "--continue-on-failure",
            "--suppress-health-check", "filter_too_much", "--warnings", "off", "--no-color",
            "--report", "json", "--report-json-path", str(written),
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "SCHEMATHESIS_HOOKS": "serializers"}
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST_S,
            check=False,
        )  # fmt: skip
    if not written.is_file():
        raise RuntimeError(f"schemathesis ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    report = json.loads(written.read_text("utf-8"))
    shown = [f"{f['title']}: {', '.join(f['operations'])}" for f in report["failures"]]
    if report["errors"]:
        shown += [f"{e['title']}: {e['count']}" for e in report["errors"]]
        shown += done.stdout.partition(" ERRORS ")[2].splitlines()[1:20]
    return _counts(report, service.operations), shown


def _counts(report: dict[str, Any], documented: int) -> dict[str, int]:
    errors = sum(f["count"] for f in report["failures"] if f["type"] == "ServerError")
    return {
        "cases": report["test_cases"]["generated"],
        "operations": report["operations"]["tested"],
        "documented": documented,
        "not_a_server_error": errors,
        "other": sum(f["count"] for f in report["failures"]) - errors,
        "errors": sum(e["count"] for e in report["errors"]),
    }
