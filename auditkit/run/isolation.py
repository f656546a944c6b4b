"""Leave everything as it was found: what a check may disturb is kept before it and put back after it."""

import contextlib
import logging
import os
import random
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit.models import Model


@contextlib.contextmanager
def as_found(model: Model, seed: int) -> Iterator[None]:
    """Run a check between keeping and putting back, also after an exception.

    Kept are the model (mode, parameters, gradients, hooks), the random states of python, numpy and torch, root
    logging, torch's thread count and default type, warning filters and the working directory. Inside, the global
    generators are seeded with `seed`, for libraries that know no other.

    Args:
        model: the model under audit.
        seed: of the check.
    """
    torch: Any = sys.modules.get("torch")
    with contextlib.ExitStack() as restored:
        # an exit stack, so that a failure while the torch state is read still puts back what was read before it
        restored.callback(random.setstate, random.getstate())
        restored.callback(np.random.set_state, np.random.get_state())
        restored.callback(os.chdir, os.getcwd())
        restored.enter_context(_logging_kept())
        restored.enter_context(warnings.catch_warnings())
        if torch is not None:
            restored.enter_context(_torch_kept(torch))
        restored.enter_context(model.kept())
        random.seed(seed)
        # numpy's global generator takes 32 bits only
        np.random.seed(seed % 2**32)
        if torch is not None:
            torch.manual_seed(seed)
        yield


@contextlib.contextmanager
def _logging_kept() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers


@contextlib.contextmanager
def _torch_kept(torch: Any) -> Iterator[None]:
    rng = torch.random.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    threads, kind = torch.get_num_threads(), torch.get_default_dtype()
    gradients = torch.is_grad_enabled()
    try:
        yield
    finally:
        torch.random.set_rng_state(rng)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
        # only where it changed: setting it can start or stop a pool of threads
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        torch.set_default_dtype(kind)
        torch.set_grad_enabled(gradients)
