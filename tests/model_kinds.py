"""A model of every kind that docs/models.md names: {kind: function of an empty folder that makes one and asks it}.

Each is for two classes, unless its kind says otherwise, and knows the same 300 rows of four numbers.
"""

from __future__ import annotations

import pathlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import safetensors.torch
import torch
from sklearn.ensemble import IsolationForest, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.multioutput import MultiOutputClassifier

import auditkit
from auditkit.data import AuditData
from tests.plugins.models.mlflow.folders import skops_folder
from tests.plugins.models.modules import mlp
from tests.plugins.models.tables import numbers, truth
from tests.plugins.models.torch.huggingface import networks
from tests.plugins.survivors import survivors

X = numbers()
Y = truth(X)
TABLE = pd.DataFrame(X, columns=list("abcd"))
PROBABILITIES = np.column_stack([1 - 1 / (1 + np.exp(-X[:, 0])), 1 / (1 + np.exp(-X[:, 0]))])


def asked(model: Any, inputs: Any = X, **options: Any) -> auditkit.Model:
    """The wrapped model after its first answers, by which some kinds learn what they give."""
    wrapped = auditkit.wrap(model, **options)
    wrapped.answers(inputs)
    return wrapped


def _xgboost(folder: pathlib.Path) -> auditkit.Model:
    import xgboost

    xgboost.XGBClassifier(n_estimators=3, n_jobs=1).fit(X, Y).save_model(folder / "m.ubj")
    return asked(folder / "m.ubj")


def _xgboost_categories(folder: pathlib.Path) -> auditkit.Model:
    import xgboost

    table = TABLE.assign(d=pd.Categorical(np.where(X[:, 3] > 0, "u", "v")))
    return asked(xgboost.XGBClassifier(n_estimators=3, n_jobs=1, enable_categorical=True).fit(table, Y), table)


def _lightgbm(folder: pathlib.Path) -> auditkit.Model:
    import lightgbm

    estimator = lightgbm.LGBMClassifier(n_estimators=3, n_jobs=1, verbose=-1).fit(X, Y)
    estimator.booster_.save_model(folder / "m.txt")
    return asked(folder / "m.txt")


def _catboost(folder: pathlib.Path) -> auditkit.Model:
    import catboost

    few = {"iterations": 3, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
    catboost.CatBoostClassifier(**few).fit(X, Y).save_model(str(folder / "m.cbm"))
    return asked(folder / "m.cbm")


def _keras(folder: pathlib.Path) -> auditkit.Model:
    from tests.plugins.models.test_keras import network, saved

    return asked(saved(folder, network(1, "sigmoid")), task="binary")


def _torch(folder: pathlib.Path) -> auditkit.Model:
    path = folder / "m.safetensors"
    safetensors.torch.save_file(mlp().state_dict(), path)
    return asked(path, class_path="tests.plugins.models.modules:make_mlp", classes=(0, 1))


def _exported(folder: pathlib.Path) -> auditkit.Model:
    rows = {0: torch.export.Dim("rows")}
    torch.export.save(torch.export.export(mlp(), (torch.zeros(5, 4),), dynamic_shapes=(rows,)), folder / "m.pt2")
    return asked(folder / "m.pt2", classes=(0, 1))


def _onnx(folder: pathlib.Path) -> auditkit.Model:
    from skl2onnx import to_onnx

    content = to_onnx(LogisticRegression().fit(X, Y), X[:1].astype(np.float32))
    (folder / "m.onnx").write_bytes(content.SerializeToString())
    return asked(folder / "m.onnx")


def _script(folder: pathlib.Path) -> auditkit.Model:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript is what this is about
        torch.jit.save(torch.jit.script(mlp()), folder / "m.pt")
    return asked(folder / "m.pt", classes=(0, 1))


def _pipeline(folder: pathlib.Path) -> auditkit.Model:
    parts = {"model": networks.network(), "tokenizer": networks.tokenizer()}
    return asked(networks.transformers.pipeline("text-classification", **parts), networks.TEXTS)


def _scored() -> auditkit.Model:
    table = pd.DataFrame({"site": ["a", "b"] * 20, "dice": [0.5, 0.9] * 20})
    return auditkit.wrap(AuditData.from_table(table, case_scores={"dice": {"better": "higher", "range": [0, 1]}}))


def _dice(cases: pd.DataFrame) -> dict[str, Any]:
    return {"dice": cases["overlap"]}


def _texts() -> auditkit.Model:
    table = pd.DataFrame({"prompt": ["a?", "b?"] * 20, "answer": ["yes", "no"] * 20})
    return auditkit.wrap(AuditData.from_table(table, texts="answer"))


def _writer() -> auditkit.Model:
    return asked(lambda prompts: [text.upper() for text in prompts], ["a?", "b?"], task="generation")


def _recorded(**recorded: str) -> auditkit.Model:
    table = TABLE.assign(label=Y, decision=(X[:, 0] > 0).astype(int), score=PROBABILITIES[:, 1])
    return auditkit.wrap(AuditData.from_table(table, label="label", **recorded))


def _positive(inputs: Any) -> np.ndarray:
    return (np.asarray(inputs)[:, 0] > 0).astype(int)


def _mlflow(folder: pathlib.Path) -> auditkit.Model:
    return asked(skops_folder(folder / "m", LogisticRegression().fit(X, Y)))


def _statsmodels(folder: pathlib.Path) -> auditkit.Model:
    import statsmodels.formula.api as smf

    return asked(smf.logit("y ~ a + b", TABLE.assign(y=Y)).fit(disp=0), TABLE, classes=(0, 1))


def _skorch(folder: pathlib.Path) -> auditkit.Model:
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        import skorch  # asks torch for what torch gives up

    net = skorch.NeuralNetClassifier(mlp, criterion=torch.nn.CrossEntropyLoss, max_epochs=1, verbose=0)
    return asked(net.fit(X.astype(np.float32).copy(), Y.astype(np.int64)))


def _several_outputs(folder: pathlib.Path) -> auditkit.Model:
    both = MultiOutputClassifier(LogisticRegression()).fit(X, np.column_stack([Y, 1 - Y]))
    return asked(both, target=1)


def _shares(inputs: Any) -> np.ndarray:
    share = 1 / (1 + np.exp(-np.asarray(inputs)[:, 0]))
    return np.column_stack([1 - share, share])


KINDS: dict[str, Callable[[pathlib.Path], auditkit.Model]] = {
    "scikit-learn classifier": lambda folder: asked(LogisticRegression().fit(X, Y)),
    "scikit-learn trees and forests": lambda folder: asked(RandomForestClassifier(5, random_state=0).fit(X, Y)),
    "scikit-learn classifier with `decision_function` alone": lambda folder: asked(RidgeClassifier().fit(X, Y)),
    "scikit-learn classifier with `predict` alone": lambda folder: asked(
        VotingClassifier([("only", LogisticRegression())]).fit(X, Y)
    ),
    "scikit-learn regressor": lambda folder: asked(LinearRegression().fit(X, X[:, 0])),
    "XGBoost": _xgboost,
    "XGBoost with categories": _xgboost_categories,
    "LightGBM": _lightgbm,
    "CatBoost": _catboost,
    "Keras": _keras,
    "torch module": _torch,
    "`torch.export`": _exported,
    "TorchScript": _script,
    "ONNX": _onnx,
    "transformers": lambda folder: asked(networks.saved(folder), networks.TEXTS),
    "pipeline of transformers": _pipeline,
    "MLflow": _mlflow,
    "statsmodels": _statsmodels,
    "skorch": _skorch,
    "one of several outputs": _several_outputs,
    "detector of anomalies of scikit-learn": lambda folder: asked(IsolationForest(n_estimators=5).fit(X)),
    "several labels of each row": lambda folder: asked(
        MultiOutputClassifier(LogisticRegression()).fit(X, np.column_stack([Y, 1 - Y])), task="multilabel"
    ),
    "function that gives probabilities": lambda folder: asked(_shares, classes=(0, 1)),
    "function that gives labels": lambda folder: asked(_positive, classes=(0, 1)),
    "server that gives probabilities": lambda folder: auditkit.wrap(
        auditkit.Endpoint(url="http://host", response={"probabilities": "shares"}), classes=(0, 1)
    ),
    "server that gives labels, language model of a server": lambda folder: auditkit.wrap(
        auditkit.Endpoint(url="http://host", protocol="chat", request={"model": "m", "prompt": "{a}"}), classes=(0, 1)
    ),
    "function that scores cases": lambda folder: auditkit.wrap(_dice, task="case_scores"),
    "recorded decisions": lambda folder: _recorded(decisions="decision"),
    "recorded scores": lambda folder: _recorded(scores="score"),
    "model that answers in words": lambda folder: _writer(),
    "recorded answers in words": lambda folder: _texts(),
    "model of times until an event": lambda folder: asked(lambda table: table["a"], TABLE, task="survival"),
    "recorded risks of an event": lambda folder: survivors()[0],
    "cases with scores": lambda folder: _scored(),
}
