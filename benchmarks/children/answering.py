"""The other side of benchmarks.peers.Child; runs in any environment, so it needs nothing but Python."""

from __future__ import annotations

import json
import os
import sys
import time


def answer(questions):
    """Answer questions until there are no more.

    Args:
        questions: {name: function of the details asked with}; it gives back what goes into the answer.
    """
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints goes elsewhere
    for line in sys.stdin:
        details = json.loads(line)
        reply = questions[details.pop("ask")](**details)
        print(json.dumps(reply), file=out, flush=True)


def timed(call):
    """Wall seconds of a call, and what it gave back."""
    start = time.perf_counter()
    answered = call()
    return time.perf_counter() - start, answered


def peak_bytes():
    """The most memory that this process has held; not what its parent held before it, which getrusage would give."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise OSError("no VmHWM in /proc/self/status")
