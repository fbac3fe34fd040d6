"""A model's process without a model: it echoes, waits, fails or dies, as the request says."""

from __future__ import annotations

import os
import sys
import time

from interviewer.speech.child import serve
from interviewer.speech.messages import Message


def load(settings, tell):
    if settings.get("broken"):
        raise RuntimeError("the file is not there")
    if settings.get("silent"):
        time.sleep(60)
    tell("loading")
    print("a library that prints")

    def handle(request: Message) -> Message:
        do = request.header["do"]
        if do == "die":
            os._exit(9)
        if do == "die once":
            flag = request.header["flag"]
            if not os.path.exists(flag):
                open(flag, "w").close()
                os._exit(9)
        if do == "fail":
            raise ValueError("cannot do that")
        if do == "wait":
            time.sleep(request.header["seconds"])
        print("noise on standard output")
        return Message(
            {"echo": request.header.get("text"), "threads": os.environ["OMP_NUM_THREADS"], "nice": os.nice(0)},
            request.payload[::-1],
        )

    return handle, {"name": "echo", "args": sys.argv[1:]}


if __name__ == "__main__":
    serve(load)
