"""Checks that behave in every way, and an audit of some of them."""

from __future__ import annotations

import logging
import os
import random
import sys
import time

import numpy as np

import auditkit
from auditkit.results import AuditResult
from auditkit.testing import ToyModel, toy_data

ACCURATE = {"name": "accurate", "measurement": "performance.quality.accuracy", "slice": {}, "at_least": 0.1}


@auditkit.check("acme.share", unit="share", direction="higher")
def share(predictions):
    """How many are decided positive?"""
    return predictions.selected


@auditkit.check("acme.draw", exact=True)
def draw(rng):
    """Which number is drawn?"""
    return float(rng.random())


@auditkit.check("acme.boom")
def boom(predictions):
    """Does it break?"""
    raise RuntimeError("broken\x1b[31m in " + os.getcwd())


@auditkit.check("acme.exit")
def leave(predictions):
    """Does it leave?"""
    sys.exit(0)


@auditkit.check("acme.nonsense")
def nonsense(predictions):
    """Does it answer?"""
    return "yes"


@auditkit.check("acme.nan")
def not_a_number(predictions):
    """Is it a number?"""
    return float("nan")


@auditkit.check("acme.slow")
def slow(context, predictions):
    """Is it fast?"""
    for step in range(100):
        time.sleep(0.01)
        context.progress(step, 100, "sleeping")
    return 1.0


@auditkit.check("acme.extra", requires=(("no_such_package", "lime"),))
def extra(predictions):
    """Is the package there?"""
    return 1.0


@auditkit.check("acme.vandal")
def vandal(model, data):
    """Does it leave things as they were?"""
    random.seed(5)
    np.random.seed(5)
    logging.getLogger().setLevel(logging.ERROR)
    logging.getLogger().addHandler(logging.NullHandler())
    os.chdir("/")
    raise RuntimeError("and then it fails")


class Mute(Exception):
    """Refuses to be written."""

    def __str__(self):
        raise ValueError("no")


@auditkit.check("acme.mute")
def mute(predictions):
    """Does it say why it fails?"""
    raise Mute


MODULE = sys.modules[__name__]


def audit(*ids: str, **options) -> AuditResult:
    options.setdefault("limits", [])
    checks = [getattr(MODULE, id).check() if isinstance(id, str) else id for id in ids]
    return auditkit.audit(ToyModel(), toy_data(), checks=checks, budget="quick", **options)
