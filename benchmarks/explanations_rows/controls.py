"""c1: whether the controls of an importance notice models that hide a column, and leave honest models alone."""

from __future__ import annotations

import pathlib
import time
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pandas as pd

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.models import Answers, Capability, Model
from auditkit.plugins.explanations.shapley import enumeration
from auditkit.plugins.explanations.shapley.check import Importance
from auditkit.predictions import Predictions
from auditkit.results import Control
from benchmarks.explanations_rows.people import NAMES, SEX, Answer
from benchmarks.explanations_rows.scaffolds import HEALTHY, SICK, UNSEEN, Made
from benchmarks.harness import Baseline, Gate, Line

ROWS, BACKGROUND = 40, 50
RIGHT = 0.95
"""The share of models that hide a column that must be noticed."""


class Size(NamedTuple):
    """How often."""

    seeds: int


FULL = Size(20)
QUICK = Size(1)


class Scores(Model):
    """A function of a table that gives the probability of class 1."""

    kind = "formula"
    fingerprint = "0" * 64
    task = "binary"
    classes = (0, 1)
    capabilities = frozenset({Capability.QUERIES, Capability.SCORES, Capability.PROBABILITIES})

    def __init__(self, answer: Answer) -> None:
        self.of_rows = answer

    def answer(self, inputs: Any) -> Answers:
        """Decisions and probabilities of rows of a table."""
        scores = self.of_rows(np.asarray(inputs, dtype=np.float64))
        return Answers((scores >= 0.5).astype(int), scores, np.column_stack([1 - scores, scores]))


class Decisions(Model):
    """A function of a table that gives one of three classes."""

    kind = "formula"
    fingerprint = "0" * 64
    task = "multiclass"
    classes = (0, 1, 2)
    capabilities = frozenset({Capability.QUERIES})

    def __init__(self, answer: Answer) -> None:
        self.of_rows = answer

    def answer(self, inputs: Any) -> Answers:
        """Decisions about rows of a table."""
        return Answers(self.of_rows(np.asarray(inputs, dtype=np.float64)).astype(int))


def asked(made: Made) -> tuple[pd.DataFrame, Model, np.ndarray]:
    """The people as a table, the model of it, and their groups."""
    frame, answer, sex = pd.DataFrame(made.x, columns=list(NAMES)), made.answer, made.x[:, SEX]
    if made.hidden is not None:
        frame, sex = frame.drop(columns=NAMES[SEX]), made.hidden
        answer = lambda rows: made.answer(np.insert(rows, SEX, 0.0, axis=1))  # noqa: E731
    model = Scores(answer) if made.classes == 2 else Decisions(answer)
    return frame, model, np.where(sex > 0.5, "M", "F")


def controls(made: Made, seed: int) -> list[Control]:
    """Those of an importance."""
    frame, model, groups = asked(made)
    labels = np.arange(len(frame)) % made.classes
    split = AuditData(frame.iloc[ROWS:].reset_index(drop=True), labels[ROWS:], {"sex": groups[ROWS:]}, task=model.task)
    kind: dict[str, Any] = {"positive": 1} if made.classes == 2 else {"task": "multiclass"}
    data = AuditData(frame.iloc[:ROWS], labels[:ROWS], {"sex": groups[:ROWS]}, train=split, **kind)
    context = Context(rng=np.random.default_rng(seed), predictions=Predictions(model, data), seed=seed)
    # permutations, which take a fraction of the time; the controls are the same
    with mock.patch.object(enumeration, "SECONDS", 0.0):
        return Importance(rows=ROWS, background=BACKGROUND).measure(model, data, context).controls


def alarms(made: Made, seed: int) -> list[str]:
    """The controls about hidden columns that do not hold."""
    about = ("flip test", "real rows", "matched pairs", "groups judged", "background like")
    return [one.name for one in controls(made, seed) if one.name.startswith(about) and not one.holds]


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """Gates alone: models that hide a column noticed, at most one honest fit in a hundred accused."""
    overlooked, accused, seconds = [], {}, []
    sick = SICK | UNSEEN
    for name, of_seed in (sick | HEALTHY).items():
        for seed in range(size.seeds):
            start = time.process_time()
            names = alarms(of_seed(seed), seed)
            seconds.append(time.process_time() - start)
            if name in sick and not names:
                overlooked.append(f"{name}, seed {seed}")
            elif name in HEALTHY and names:
                accused[f"{name}, seed {seed}"] = names
    gates = (
        Gate("share of sick models that are overlooked", len(overlooked) / (len(sick) * size.seeds), 1 - RIGHT),
        Gate("share of honest models that are accused", len(accused) / (len(HEALTHY) * size.seeds), 0.01),
    )
    what = f"{len(sick)} models that hide a column, {len(HEALTHY)} honest ones with {size.seeds} seeds each"
    line = Line("c1", what, Baseline("nothing", 0.0, "no other library"), tuple(seconds), gates, None)
    return [line], {"overlooked": overlooked, "accused": accused}
