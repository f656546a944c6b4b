"""What libraries leave in shared memory and among temporary files when their process is ended; it may hold rows."""

import os
import pathlib
import shutil
import tempfile
from typing import Final

SHARED_MEMORY: Final = pathlib.Path("/dev/shm")
NAMES: Final = ("joblib_memmapping_folder_{}_*", "sem.loky-{}-*")
"""By the id of the process, as joblib 1.6 and loky 3.5 name them."""


def remove_leftovers(pid: int) -> None:
    """Remove what a process that is gone left behind.

    Args:
        pid: its id.
    """
    folders = {SHARED_MEMORY, pathlib.Path(os.environ.get("JOBLIB_TEMP_FOLDER", tempfile.gettempdir()))}
    for folder in folders:
        for name in NAMES:
            for path in folder.glob(name.format(pid)):
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
