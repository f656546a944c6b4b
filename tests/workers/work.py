"""What jobs of tests do, in a module of its own: a fresh process imports it, and should import nothing else for it."""

from __future__ import annotations

import json
import os
import signal
import time

import numpy as np

SHARED = np.arange(1000.0)


class Work:
    """What jobs of these tests do, by their names."""

    def __init__(self, folder):
        self.folder, self.shared, self.own = folder, SHARED, np.zeros(3)

    def __call__(self, job, tell, apart):
        return getattr(self, job.check.partition(" ")[0])(tell, apart)

    def process(self, tell, apart):
        return json.dumps([os.getpid(), apart]).encode()

    def exit(self, tell, apart):
        (self.folder / f"tried {os.getpid()}").touch()
        os._exit(0)

    def die_once(self, tell, apart):
        if not (self.folder / "died").exists():
            (self.folder / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return b"whole"

    def hang(self, tell, apart):
        tell(0, 1, str(os.getpid()))
        time.sleep(60)
        return b"never"

    def fill(self, tell, apart):
        held = [np.ones(5_000_000) for _ in range(100)]
        time.sleep(60)
        return bytes(len(held))

    def write(self, tell, apart):
        self.own[:] = 7
        try:
            self.shared[:] = 7
        except ValueError:
            return b"%d" % self.own.sum()
        return b"the shared array was written to"

    def noise(self, tell, apart):
        for descriptor in range(3, 20):
            try:
                os.write(descriptor, b'{"bytes": 0}\nnoise\n')
            except OSError:
                continue
        return b"whole"

    def say(self, tell, apart):
        tell(1, 2, "half")
        print("said on stdout")
        return os.environ["AUDITKIT_OF_A_TEST"].encode()
