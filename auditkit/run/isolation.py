"""Leave everything as it was found: what a check may disturb is kept before it and put back after it."""

import contextlib
import copy
import logging
import os
import random
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from auditkit.models import Model


@contextlib.contextmanager
def as_found(model: Model, seed: int, foreign: bool = False) -> Iterator[None]:
    """Run a check between keeping and putting back, also after an exception.

    Kept are the model (mode, parameters, gradients, hooks), the random states of python, numpy and torch, root
    logging, torch's thread count and default type, warning filters, numpy's handling of errors, the environment, the
    import path and the working directory. Inside, the global generators are seeded with `seed`, for libraries that know
    no other.

    Args:
        model: the model under audit.
        seed: of the check.
        foreign: whether the check is none of auditkit's own; then an estimator is kept too, which costs a copy of it.
    """
    torch: Any = sys.modules.get("torch")
    with contextlib.ExitStack() as restored:
        # an exit stack, so that a failure while the torch state is read still puts back what was read before it
        restored.callback(random.setstate, random.getstate())
        restored.callback(np.random.set_state, np.random.get_state())
        restored.callback(os.chdir, os.getcwd())
        restored.callback(sys.path.__setitem__, slice(None), list(sys.path))
        restored.callback(_set_environment, dict(os.environ))
        restored.enter_context(np.errstate())
        root = logging.getLogger()
        restored.callback(root.setLevel, root.level)
        restored.callback(root.handlers.__setitem__, slice(None), list(root.handlers))
        restored.enter_context(warnings.catch_warnings())
        if torch is not None:
            _keep_torch(restored, torch)
        restored.enter_context(model.kept())
        if foreign:
            restored.enter_context(_estimator_as_found(model))
        random.seed(seed)
        # numpy's global generator takes 32 bits only
        np.random.seed(seed % 2**32)
        if torch is not None:
            torch.manual_seed(seed)
        yield


def _set_environment(environment: Mapping[str, str]) -> None:
    if os.environ != environment:
        os.environ.clear()
        os.environ.update(environment)


@contextlib.contextmanager
def _estimator_as_found(model: Model) -> Iterator[None]:
    """Put back the state of an estimator that a check fitted or otherwise changed."""
    estimator, before, state = model.estimator(), model.fingerprint, None
    with contextlib.suppress(Exception):  # what cannot be copied cannot be put back
        state = copy.deepcopy(vars(estimator))
    try:
        yield
    finally:
        if state is not None and model.fingerprint != before:
            vars(estimator).clear()
            vars(estimator).update(state)


def _keep_torch(restored: contextlib.ExitStack, torch: Any) -> None:
    restored.callback(torch.random.set_rng_state, torch.random.get_rng_state())
    if torch.cuda.is_initialized():
        restored.callback(torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all())
    restored.callback(_set_threads, torch, torch.get_num_threads())
    restored.callback(torch.set_default_dtype, torch.get_default_dtype())
    restored.callback(torch.set_grad_enabled, torch.is_grad_enabled())


def _set_threads(torch: Any, threads: int) -> None:
    # only where it changed: setting it can start or stop a pool of threads
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
