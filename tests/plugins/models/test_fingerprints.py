"""The fingerprint of an estimator: the same for a copy, another wherever its answers may be others."""

from __future__ import annotations

import copy
import hashlib
import os
import pathlib
import pickle
import socket
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from auditkit.plugins.models import fingerprints
from auditkit.plugins.models.fingerprints import fingerprint
from tests.plugins.models.tables import numbers, people, people_pipeline, truth, wrapped

X = numbers()
Y = truth(X)
ROOT = pathlib.Path(__file__).resolve().parents[3]


def fitted_estimators():
    frame, labels = people()
    return {
        "forest": RandomForestClassifier(5, random_state=0).fit(X, Y),
        "boosting": GradientBoostingClassifier(n_estimators=4, random_state=0).fit(X, Y),
        "histogram": HistGradientBoostingClassifier(max_iter=4, random_state=0).fit(X, Y),
        "linear": LogisticRegression().fit(X, Y),
        "support": SVC(random_state=0).fit(X, Y),
        "neighbours": KNeighborsClassifier(algorithm="kd_tree").fit(X, Y),
        "search": GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2]}, cv=2).fit(X, Y),
        "pipeline": people_pipeline(frame, labels),
        "text": make_pipeline(TfidfVectorizer(stop_words=["the"]), LogisticRegression()).fit(
            ["old film", "good the plot"], [0, 1]
        ),
    }


MANY = fitted_estimators()


@pytest.mark.parametrize("name", MANY)
def test_same_for_a_copy_another_for_another_fit(name):
    estimator = MANY[name]
    before = fingerprint(estimator)
    assert before == fingerprint(pickle.loads(pickle.dumps(estimator))) == fingerprint(copy.deepcopy(estimator))
    assert len(before) == 64 and len({fingerprint(fitted) for fitted in MANY.values()}) == len(MANY)


@pytest.mark.parametrize("name", MANY)
def test_asking_changes_nothing(name):
    inputs = {"pipeline": people()[0], "text": ["old film", "plot"]}.get(name, X)
    before = fingerprint(MANY[name])
    wrapped(MANY[name]).answers(inputs)
    assert fingerprint(MANY[name]) == before


def test_same_in_another_process():
    code = (
        "from tests.plugins.models.test_fingerprints import fitted_estimators, fingerprint\n"
        "print({name: fingerprint(fitted) for name, fitted in fitted_estimators().items()})"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str({name: fingerprint(fitted) for name, fitted in MANY.items()})


def test_every_parameter_counts():
    estimator = LogisticRegression().fit(X, Y)
    other = copy.deepcopy(estimator)
    other.coef_[0, 2] = np.nextafter(other.coef_[0, 2], np.inf)
    assert fingerprint(estimator) != fingerprint(other)
    forest = copy.deepcopy(MANY["forest"])
    forest.estimators_[3].tree_.value[0, 0, 0] += 1e-9
    assert fingerprint(forest) != fingerprint(MANY["forest"])
    network = MLPClassifier((3,), max_iter=1, random_state=0)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        network.fit(X, Y)
    other = copy.deepcopy(network)
    other.intercepts_[1][0] += 1e-12
    assert fingerprint(network) != fingerprint(other)


def test_what_decides_nothing_does_not_count():
    forest = copy.deepcopy(MANY["forest"])
    forest.set_params(n_jobs=2, verbose=3)
    assert fingerprint(forest) == fingerprint(MANY["forest"])


def test_bytes_between_fields_do_not_count():
    kind = np.dtype({"names": ["a"], "formats": ["u1"], "itemsize": 8})
    clean, filled = np.zeros(3, kind), np.frombuffer((b"\x00" + b"\xff" * 7) * 3, kind)
    assert clean.tobytes() != filled.tobytes() and fingerprint(clean) == fingerprint(filled)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([1, 2], [2, 1]),
        ([1, 2], (1, 2)),
        (1, True),
        (1, 1.0),
        ("1", 1),
        (["ab", "c"], ["a", "bc"]),
        (np.zeros(2), np.zeros((1, 2))),
        (np.zeros(2, np.float32), np.zeros(1)),
        (b"a", "a"),
        ({"a": 1}, {"a": 2}),
        ({1: 0}, {"1": 0, "2": 0}),
        ({1, 2}, {1, 3}),
        (sparse.csr_matrix(np.eye(3)), sparse.csr_matrix(np.eye(3) * 2)),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
        (len, max),
        (np.add, np.multiply),
    ],
)
def test_different_things_differ(first, second):
    assert fingerprint(first) == fingerprint(copy.deepcopy(first)) != fingerprint(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.float64(2), 2.0),
        (np.arange(3, dtype=">i4"), np.arange(3, dtype="<i4")),
        (np.asfortranarray(np.eye(3)[:2]), np.eye(3)[:2]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({3, 1, 2}, {2, 3, 1}),
        (np.random.default_rng(0), np.random.default_rng(1)),
        (sparse.csr_matrix(np.eye(3)), sparse.csc_matrix(np.eye(3)).tocsr()),
    ],
)
def test_same_things_are_the_same(first, second):
    assert fingerprint(first) == fingerprint(second)


def test_an_object_that_holds_itself():
    first: list[object] = [1]
    first.append(first)
    second: list[object] = [1]
    second.append(second)
    assert fingerprint(first) == fingerprint(second)


def test_what_a_callable_holds_open_stays_open(tmp_path):
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as connection,
        open(tmp_path / "log", "w", encoding="utf-8") as written,
    ):

        def ask(rows):
            connection.sendall(b"rows")
            written.write("rows")

        assert fingerprint(ask).opaque
        ask([])


@pytest.mark.parametrize(
    "texts", [[], ["a"], ["no", "yes", "no", "é", "", "\ud800", "it's"], [str(n % 7) for n in range(999)]]
)
def test_texts_are_written_as_each_is_by_itself(texts, monkeypatch):
    monkeypatch.setattr(fingerprints, "CHUNK", 4)
    slow = hashlib.sha256(f"list:{len(str(len(texts)))}:{len(texts)}".encode())
    for text in texts:
        raw = repr(text).encode("utf-8", "surrogatepass")
        slow.update(f"str:{len(raw)}:".encode() + raw)
    assert fingerprint(texts) == slow.hexdigest()


def test_each_different_text_is_written_once(monkeypatch):
    written, write = [], fingerprints._written
    monkeypatch.setattr(fingerprints, "_written", lambda kind, value="": written.append(value) or write(kind, value))
    fingerprint(["no", "yes"] * 5_000)
    assert len(written) == 3
