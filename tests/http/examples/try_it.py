"""Melvin's API in test mode, from the invitation to the scores: nobody is interviewed, and nothing of it counts.

interviewer keys create --test "trying it"
MELVIN=http://127.0.0.1:8000 MELVIN_KEY=mk_test_... python try_it.py
"""

import os
import time

import httpx

melvin = httpx.Client(
    base_url=os.environ["MELVIN"] + "/api/v1", headers={"Authorization": "Bearer " + os.environ["MELVIN_KEY"]}
)


def ask(method, path, **parts):
    """The reply, or the problem in plain words: each has a stable `code`."""
    reply = melvin.request(method, path, **parts)
    if reply.is_error:
        problem = reply.json()
        raise SystemExit(f"{problem['code']}: {problem['title']}. {problem.get('detail', '')}")
    return reply.json()


invitation = ask(
    "POST",
    "/invitations",
    json={"plan": {"name": "marketing-writer"}, "candidate": {"name": "Nobody"}},
    headers={"Idempotency-Key": "invite-nobody-1"},  # sent again, it is not done again
)
interview = ask("POST", "/test/simulated-interviews", json={"invitation_id": invitation["id"]})

while interview["status"] != "scored":  # or add a webhook for score.ready, and do not ask at all
    time.sleep(1)
    interview = ask("GET", f"/interviews/{interview['id']}")

for scorecard in ask("GET", f"/interviews/{interview['id']}/scorecards")["data"]:
    print(scorecard["question_id"])
    for criterion in scorecard["criteria"]:
        print("  ", criterion["criterion_id"], criterion["level"])
