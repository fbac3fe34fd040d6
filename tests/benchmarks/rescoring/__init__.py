"""How long 100,000 stored answers take under a new rubric, and what the machinery around the judge costs.

Data: tests/benchmarks/rescoring/stored.py. PostgreSQL is the embedded one, the judge the embedded one, with the
answers' embeddings kept from their first scorecard. Times go from asking for the run to its last stored result.

`--part two`: all answers, two workers of one thread each; memory of the larger after a fifth of the answers and at the
end. `--part one`: a fifth of the answers with one worker, then with two under another version. The machinery's time for
an answer is the worker's wall time less the processor time of the judge (from the answer's text to the finished
scorecard): reading, keeping, the queue, and all waiting. `--part endpoint`: one worker and two with a judge that waits
for an endpoint, 0.5 s for each answer, 16 at once for each worker. `--part two-machines`: two workers with folders of
their own and one S3-compatible store share a run, as two machines would. `--part beside`: what somebody in an interview
and a recruiter notice of a run (beside.py). `--quick` takes 5,000 answers.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.benchmarks.report import DataMissing, Figure, Options, Report
from tests.benchmarks.rescoring.beside import beside
from tests.benchmarks.rescoring.endpoint import scripted_endpoint
from tests.benchmarks.rescoring.stored import Seeded, rubric_version, seed
from tests.benchmarks.rescoring.workers import Postgres, Workers, ask, counted, follow, postgres
from tests.s3 import s3_server

__all__ = ["run"]

ANSWERS, QUICK = 100_000, 5_000
SHARE = 5
ASKED, QUICK_ASKED = 4_000, 800
"""Of the endpoint."""
PARTS = ("one", "two", "endpoint", "two-machines", "beside")


def run(options: Options) -> Report:
    if options.part is not None and options.part not in PARTS:
        raise DataMissing(f"the parts are {', '.join(PARTS)}")
    wanted = (options.part,) if options.part else PARTS
    figures: list[Figure] = []
    notes: list[str] = []
    if "beside" in wanted:
        figures += beside(options)
    if wanted == ("beside",):
        return Report(figures)
    with postgres() as server, tempfile.TemporaryDirectory(prefix="melvin-workers-") as made:
        began = time.monotonic()
        stored = seed(server.url, options.data, QUICK if options.quick else ANSWERS)
        notes.append(f"{stored.answers:,} answers of 150 words were stored in {time.monotonic() - began:.0f} s")
        measures = {"one": _one, "two": _two, "endpoint": _endpoint, "two-machines": _two_machines}
        for part in wanted:
            if part in measures:
                figures += measures[part](server, stored, options, Path(made))
    return Report(figures, notes)


def _two(server: Postgres, stored: Seeded, options: Options, folder: Path) -> list[Figure]:
    workers = _workers(server, folder / "two", 2)
    rubric = rubric_version(options.data, 1)
    ran = follow(server.url, ask(server.url, rubric, questions=stored.questions), workers)
    workers.stop()
    lost, twice = counted(server.url, ran.run_id, rubric, stored.answers)
    limit = 600.0 * stored.answers / ANSWERS
    return [
        Figure("two workers: the whole run", ran.wall_s, "s", at_most=limit),
        Figure("two workers: answers a second", stored.answers / ran.wall_s, "/s"),
        Figure("a worker's memory at the end, over that after a fifth", ran.late_mb / ran.early_mb, "", at_most=1.1),
        Figure("a worker's memory at the end", ran.late_mb, "MB"),
        Figure("answers without a result", lost, "", at_most=0),
        Figure("answers stored twice", twice, "", at_most=0),
    ]


def _one(server: Postgres, stored: Seeded, options: Options, folder: Path) -> list[Figure]:
    interviews = [f"int_{i:08}" for i in range(1, stored.answers // len(stored.questions) // SHARE + 1)]
    answers = len(interviews) * len(stored.questions)
    walls: list[float] = []
    judged: list[float] = []
    used: list[float] = []
    for count in (1, 2):
        workers = _workers(server, folder / f"one-{count}", count)
        # A run of its own first: models are loaded and plans are read by every worker.
        warm = ask(server.url, rubric_version(options.data, 10 + count), interviews=interviews[:40 * count],
                   questions=stored.questions)  # fmt: skip
        follow(server.url, warm)
        judged_s, used_s = workers.judged_s(), workers.processor_s()
        rubric = rubric_version(options.data, 20 + count)
        ran = follow(server.url, ask(server.url, rubric, interviews=interviews, questions=stored.questions))
        used.append(workers.processor_s() - used_s)
        workers.stop()
        judged.append(workers.judged_s() - judged_s)
        walls.append(ran.wall_s)
    return [
        Figure("one worker: answers a second", answers / walls[0], "/s"),
        Figure("two workers over one", walls[0] / walls[1], "times", at_least=1.5),
        Figure("the judge's processor time for an answer", 1000 * judged[0] / answers, "ms"),
        Figure("the worker's processor time for an answer, without the judge's", 1000 * (used[0] - judged[0]) / answers,
               "ms"),
        Figure("the machinery's time for an answer", 1000 * (walls[0] - judged[0]) / answers, "ms", at_most=1.0),
    ]  # fmt: skip


def _endpoint(server: Postgres, stored: Seeded, options: Options, folder: Path) -> list[Figure]:
    wanted = min(QUICK_ASKED if options.quick else ASKED, stored.answers)
    interviews = [f"int_{i:08}" for i in range(1, wanted // len(stored.questions) + 1)]
    answers = len(interviews) * len(stored.questions)
    walls = []
    lost = twice = 0
    for count in (1, 2):
        rubric, warming = rubric_version(options.data, 50 + count), rubric_version(options.data, 60 + count)
        with scripted_endpoint(rubric) as settings:
            workers = _workers(server, folder / f"endpoint-{count}", count, extra=settings)
            follow(server.url, ask(server.url, warming, interviews=interviews[: 40 * count],
                                   questions=stored.questions, judge="chat"))  # fmt: skip
            run_id = ask(server.url, rubric, interviews=interviews, questions=stored.questions, judge="chat")
            walls.append(follow(server.url, run_id).wall_s)
            workers.stop()
        found = counted(server.url, run_id, rubric, answers)
        lost, twice = lost + found[0], twice + found[1]
    return [
        Figure("an endpoint's judge, one worker: answers a second", answers / walls[0], "/s"),
        Figure("an endpoint's judge: two workers over one", walls[0] / walls[1], "times", at_least=1.95),
        Figure("an endpoint's judge: answers without a result", lost, "", at_most=0),
        Figure("an endpoint's judge: answers stored twice", twice, "", at_most=0),
    ]


def _two_machines(server: Postgres, stored: Seeded, options: Options, folder: Path) -> list[Figure]:
    interviews = [f"int_{i:08}" for i in range(1, min(200, stored.answers // len(stored.questions)) + 1)]
    with s3_server() as s3:
        workers = _workers(server, folder / "machines", 2, s3.new_bucket())
        rubric = rubric_version(options.data, 30)
        ran = follow(server.url, ask(server.url, rubric, interviews=interviews, questions=stored.questions))
        workers.stop()
        shares = [sum('"run.stored"' in line for line in log.read_text().splitlines()) for log in workers.logs]
    lost, twice = counted(server.url, ran.run_id, rubric, len(interviews) * len(stored.questions))
    return [
        Figure("two machines: parts that the lesser one stored", min(shares), "", at_least=1),
        Figure("two machines: answers without a result", lost, "", at_most=0),
        Figure("two machines: answers stored twice", twice, "", at_most=0),
    ]


def _workers(
    server: Postgres, folder: Path, count: int, objects: str = "", extra: dict[str, str] | None = None
) -> Workers:
    folder.mkdir()
    workers = Workers(server.url, folder, objects or str(folder / "objects"), extra or {})
    workers.start(count)
    workers.wait_until_up()
    return workers
