"""The first lines that a newcomer types for each kind of model end in a report."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

import auditkit
from auditkit import AuditData
from auditkit.data.readers import TableSettings
from auditkit.errors import AuditkitError, DataError, ModelError
from auditkit.renames import ELSEWHERE

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 4))
TRUTH = X[:, 0] + 0.3 * RNG.normal(size=200)
Y = (TRUTH > 0).astype(int)
WORDS = np.where(Y == 1, "yes", "no")
THREE = np.digitize(TRUTH, [-0.5, 0.5])
FRAME = pd.DataFrame(X, columns=list("abcd")).assign(y=WORDS, sex=RNG.choice(["f", "m"], 200))
IMAGES = RNG.normal(size=(200, 1, 6, 6)).astype(np.float32)
TEXTS = [f"a {'good' if is_good else 'bad'} film, number {number}" for number, is_good in enumerate(Y)]


def linear(outputs: int = 2) -> nn.Linear:
    """A network whose last output grows with the first feature, and whose first one falls."""
    layer = nn.Linear(4, outputs)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[:, 0] = torch.linspace(-1, 1, outputs) if outputs > 1 else torch.ones(1)
        layer.bias.zero_()
    return layer


def spoken(text):
    return "yes" if "good" in text else "no"


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def reader():
    return make_pipeline(TfidfVectorizer(), LogisticRegression())


def scaled():
    return make_pipeline(StandardScaler(), LogisticRegression())


def classifier(labels=Y, inputs=X):
    return LogisticRegression().fit(inputs, labels)


def trees(kind):
    module = pytest.importorskip(kind)
    return (
        module.XGBClassifier(n_estimators=5) if kind == "xgboost" else module.LGBMClassifier(n_estimators=5, verbose=-1)
    )


def table(frame=FRAME, **more):
    return AuditData.from_table(frame, label="y", groups=["sex"], drop=["sex"], **more)


FIRST_LINES = {
    "estimator": lambda: (classifier(), AuditData(X, Y)),
    "estimator, lists": lambda: (classifier(), AuditData(X.tolist(), Y.tolist())),
    "estimator, frame": lambda: (classifier(FRAME.y, FRAME[list("abcd")]), table()),
    "pipeline": lambda: (scaled().fit(FRAME[list("abcd")], WORDS), table()),
    "pipeline, words": lambda: (scaled().fit(X, WORDS), AuditData(X, WORDS)),
    "xgboost": lambda: (trees("xgboost").fit(X, Y), AuditData(X, Y)),
    "lightgbm": lambda: (trees("lightgbm").fit(X, WORDS), AuditData(X, WORDS)),
    "torch": lambda: (linear(), AuditData(X, Y)),
    "torch, words": lambda: (linear(), AuditData(X, WORDS)),
    "torch, booleans": lambda: (linear(), AuditData(X, Y == 1)),
    "torch, float labels": lambda: (linear(), AuditData(X, Y.astype(float))),
    "torch, a column of labels": lambda: (linear(1), AuditData(torch.tensor(X), torch.tensor(Y)[:, None].float())),
    "torch, labels 1 and 2": lambda: (linear(), AuditData(X, Y + 1)),
    "torch, one output": lambda: (linear(1), AuditData(X, WORDS)),
    "torch, wrapped": lambda: (auditkit.wrap(linear()), AuditData(X, WORDS)),
    "torch, wrapped, one output": lambda: (auditkit.wrap(linear(1)), AuditData(X, Y)),
    "torch, tensors": lambda: (linear(), AuditData(torch.tensor(X), torch.tensor(Y))),
    "torch, double": lambda: (linear().double(), AuditData(X.astype(np.float32), Y)),
    "torch, training mode": lambda: (nn.Sequential(nn.BatchNorm1d(4), linear()).train(), AuditData(X, Y)),
    "torch, frame": lambda: (linear(), table()),
    "torch, three classes": lambda: (linear(3), AuditData(X, THREE, task="multiclass")),
    "torch, three words": lambda: (
        linear(3),
        AuditData(X, np.array(["a", "b", "c"])[THREE], task="multiclass"),
    ),
    "torch, numbers": lambda: (linear(1), AuditData(X, TRUTH, task="regression")),
    "function": lambda: (lambda rows: (rows[:, 0] > 0).astype(int), AuditData(X, Y)),
    "function, booleans": lambda: (lambda rows: rows[:, 0] > 0, AuditData(X, Y)),
    "function, a list": lambda: (lambda rows: [int(row[0] > 0) for row in rows], AuditData(X, Y)),
    "function, words": lambda: (lambda rows: np.where(rows.a > 0, "yes", "no"), table()),
    "function, one probability": lambda: (lambda rows: 1 / (1 + np.exp(-rows[:, 0])), AuditData(X, WORDS)),
    "function, probabilities": lambda: (classifier().predict_proba, AuditData(X, WORDS)),
    "function, columns named after classes": lambda: (
        lambda rows: pd.DataFrame({"yes": sigmoid(rows[:, 0]), "no": sigmoid(-rows[:, 0])}),
        AuditData(X, WORDS),
    ),
    "function, columns without names": lambda: (
        lambda rows: pd.DataFrame(np.column_stack([sigmoid(-rows[:, 0]), sigmoid(rows[:, 0])])),
        AuditData(X, WORDS),
    ),
    "function, a column named after its class": lambda: (
        lambda rows: pd.Series(sigmoid(rows[:, 0]), name="yes"),
        AuditData(X, WORDS),
    ),
    "function, three classes": lambda: (classifier(THREE).predict_proba, AuditData(X, THREE, task="multiclass")),
    "function, numbers": lambda: (lambda rows: rows[:, 0], AuditData(X, TRUTH, task="regression")),
    "texts, booleans": lambda: (lambda texts: ["good" in text for text in texts], AuditData(TEXTS, Y)),
    "texts, words": lambda: (lambda texts: [spoken(text) for text in texts], AuditData(TEXTS, WORDS)),
    "texts, array": lambda: (lambda texts: [0.8 * ("good" in text) for text in texts], AuditData(np.array(TEXTS), Y)),
    "texts, pipeline": lambda: (reader().fit(TEXTS, Y), AuditData(TEXTS, Y)),
    "recorded decisions": lambda: (None, table(FRAME.assign(decided=WORDS), decisions="decided")),
    "recorded scores": lambda: (None, table(FRAME.assign(score=1 / (1 + np.exp(-FRAME.a))), scores="score")),
    "regression": lambda: (LinearRegression().fit(X, TRUTH), AuditData(X, TRUTH, task="regression")),
    "three classes": lambda: (RandomForestClassifier(10).fit(X, THREE), AuditData(X, THREE, task="multiclass")),
    "three classes, table": lambda: (
        RandomForestClassifier(10).fit(FRAME[list("abcd")], THREE),
        table(FRAME.assign(y=THREE)),
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FIRST_LINES)
def test_first_lines_end_in_a_report(kind, tmp_path):
    model, data = FIRST_LINES[kind]()
    result = auditkit.audit(model, data, checks=["performance"], budget="quick", out=tmp_path / "audit")
    assert (tmp_path / "audit" / "report.html").is_file()
    assert result.exit_code == 5  # nothing was asked, so nothing was judged
    assert [check_result.status for check_result in result.results if check_result.status == "error"] == []
    numbers = {
        measurement.name: measurement
        for check_result in result.results
        for measurement in check_result.measurements
        if not measurement.slice
    }
    quality = numbers.get("accuracy") or numbers["r_squared"]
    assert quality.value > 0.6 and quality.validity == "valid"


@pytest.mark.charts
@pytest.mark.filterwarnings("ignore")
def test_images(tmp_path):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3))
    for images in (IMAGES, torch.tensor(IMAGES), (IMAGES * 40 + 128).clip(0, 255).astype(np.uint8)):
        data = AuditData(images, THREE, task="multiclass", modality="image")
        result = auditkit.audit(network, data, checks=["performance"], budget="quick", out=tmp_path / "audit")
        assert result.model.classes == ("0", "1", "2") and (tmp_path / "audit" / "report.html").is_file()


def classes_of(model, data):
    return auditkit.audit(model, data, checks=[]).model


def test_outputs_stand_for_the_sorted_labels_and_the_report_says_so():
    model = classes_of(linear(3), AuditData(X, np.array(["mid", "low", "high"])[THREE], task="multiclass"))
    assert model.classes == ("high", "low", "mid")
    (note,) = (note for note in model.notes if note.startswith("classes are the labels of the data"))
    assert "'high', 'low', 'mid'" in note and "classes=[…]" in note
    named = auditkit.wrap(linear(3), classes=["mid", "low", "high"])
    model = classes_of(named, AuditData(X, np.array(["mid", "low", "high"])[THREE], task="multiclass"))
    assert model.classes == ("mid", "low", "high") and not any("labels of the data" in note for note in model.notes)


def test_one_output_is_about_the_positive_class():
    data = AuditData(X, np.where(Y == 1, "bad", "good"), positive="bad")
    model = linear(1)
    assert classes_of(model, data).positive == "bad"
    result = auditkit.audit(model, data, checks=["performance"], budget="quick")
    accuracy = next(measurement for measurement in result.results[0].measurements if measurement.name == "accuracy")
    assert accuracy.value > 0.8


def test_a_class_of_the_training_split_alone_counts():
    train = AuditData(X, THREE, task="multiclass")
    data = AuditData(X[THREE < 2], THREE[THREE < 2], task="multiclass", train=train)
    assert classes_of(linear(3), data).classes == ("0", "1", "2")


@pytest.mark.parametrize(
    ("model", "labels", "task", "message"),
    [
        (linear(3), Y, "binary", "3 outputs.*labels of the data have 2: 0, 1"),
        (linear(2), THREE, "multiclass", "2 outputs.*labels of the data have 3: 0, 1, 2"),
        (linear(1), THREE, "multiclass", "one output per row stands for two classes"),
        (lambda rows: np.full((len(rows), 3), 1 / 3), Y, "binary", "3 outputs.*labels of the data have 2"),
    ],
)
def test_outputs_that_do_not_fit_the_labels(model, labels, task, message):
    with pytest.raises(ModelError, match=message):
        auditkit.audit(model, AuditData(X, labels, task=task), checks=[])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda rows: pd.Series(sigmoid(rows[:, 0]), name="no"), "the positive class 'yes' alone.*named 'no'"),
        (lambda rows: pd.DataFrame({"p": 0.3, "q": 0.7}, index=range(len(rows))), "after the classes 'no', 'yes'"),
        (lambda rows: [{"label": "yes", "score": 0.9} for _ in rows], "it gave a dict for an input"),
        (lambda rows: (rows[:, 0] > 0).astype(int), "among the labels of the data, 'no', 'yes'; 0, 1 came"),
        (lambda rows: np.where(rows[:, 0] > 0, "Yes", "No"), "among the labels.*'No', 'Yes' came"),
    ],
)  # fmt: skip
def test_answers_that_would_be_read_as_something_else(answer, message):
    with pytest.raises(ModelError, match=message):
        auditkit.audit(answer, AuditData(X, WORDS), checks=[])


def test_codes_of_several_classes_are_no_labels():
    with pytest.raises(ModelError, match="among the labels of the data, 'a', 'b', 'c'; 0, 1, 2 came"):
        letters = AuditData(X, np.array(["a", "b", "c"])[THREE], task="multiclass")
        auditkit.audit(lambda rows: np.digitize(rows[:, 0], [-0.5, 0.5]), letters, checks=[])
    with pytest.raises(DataError, match="decisions must be among the labels, 'no', 'so', 'yes'; they also hold 0, 1"):
        labels = np.where(THREE == 1, "so", WORDS)
        table(FRAME.assign(y=labels, decided=THREE), task="multiclass", decisions="decided")


def test_a_missing_text_is_named():
    with pytest.raises(DataError, match="a list of str; the one at 2 is NoneType"):
        AuditData(["a", "b", None], [0, 1, 1])


@pytest.mark.parametrize("kind", ["U9", "S9", "M8[D]", "c16", "O"])
def test_arrays_of_no_numbers_are_refused_in_a_sentence(kind):
    with pytest.raises(DataError, match=r"inputs hold .*give a pandas DataFrame, an array of numbers, or a list"):
        AuditData(np.zeros((200, 2)).astype("i8").astype(kind), Y)


def test_a_wrapped_model_goes_from_one_data_set_to_another():
    model = auditkit.wrap(linear())
    before = model.fingerprint
    assert classes_of(model, AuditData(X, Y)).classes == ("0", "1")
    labels = classes_of(model, AuditData(X, WORDS))
    assert labels.classes == ("no", "yes") and sum("labels of the data" in note for note in labels.notes) == 1
    assert model.fingerprint == before


@pytest.mark.parametrize("data", [FRAME, classifier(), (X, Y)])
def test_data_of_another_kind_is_refused_in_a_sentence(data):
    with pytest.raises(DataError, match=r"an AuditData, as the second argument.*was given"):
        auditkit.audit(classifier(), data)
    with pytest.raises(DataError, match="an AuditData, as the second argument"):
        auditkit.compare([classifier()], data)


def test_an_object_with_predict_is_told_what_to_give():
    class Own:
        def predict(self, rows):
            return rows[:, 0] > 0

    with pytest.raises(ModelError, match="give its method predict"):
        auditkit.audit(Own(), AuditData(X, Y))


COLUMNS = "it was given 200 rows as a DataFrame with the columns 'a', 'b', 'c', 'd', each to be taken by its name"
PLACES = r"it was given 200 rows as an array of the shape \(200, 4\), its columns to be taken by position"
MISTAKES = {
    "a frame by position": (lambda: (lambda rows: rows[:, 0] > 0, table()), COLUMNS),
    "a column that is not there": (lambda: (lambda rows: rows["z"] > 0, table()), f"KeyError: 'z'; {COLUMNS}"),
    "an array by name": (lambda: (lambda rows: rows["a"] > 0, AuditData(X, Y)), PLACES),
    "a row at a time": (lambda: (lambda row: int(row[0] > 0), AuditData(X, Y)), PLACES),
    "a network of other inputs": (lambda: (nn.Linear(3, 2), AuditData(X, Y)), PLACES),
    "one output for three classes": (
        lambda: (linear(1), AuditData(X, THREE, task="multiclass")),
        "one output per row stands for two classes, and the task is multiclass",
    ),
    "a list of texts as one": (
        lambda: (lambda texts: texts.upper(), AuditData(TEXTS, Y)),
        "it was given 200 rows as a list of str",
    ),
    "columns as groups of arrays": (lambda: (None, AuditData(X, Y, groups=["sex"])), "groups must say of what the"),
    "a Series as groups": (lambda: (None, AuditData(X, Y, groups=FRAME.sex)), "groups must say of what the values are"),
    "a column as labels": (lambda: (None, AuditData(FRAME, "y")), r"A column is named in AuditData.from_table\(table"),
    "labels one-hot": (lambda: (None, AuditData(X, np.eye(2)[Y])), r"are classes as values.argmax\(axis=1\)"),
    "one column": (lambda: (None, AuditData(X[:, 0], Y)), r"One column is given as inputs.reshape\(-1, 1\)"),
    "records as inputs": (lambda: (None, AuditData([{"a": 1}], [1])), "records are read with from_table"),
    **{
        f"{name} of another library": (
            lambda name=name: (None, AuditData.from_table(FRAME, **{name: "y"})),
            f"{name!r} is not an option; did you mean {meant!r}",
        )
        for name, meant in ELSEWHERE.items()
    },
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_first_mistakes_are_sentences_that_help(mistake):
    lines, sentence = MISTAKES[mistake]
    with pytest.raises(AuditkitError, match=sentence):
        auditkit.audit(*lines(), checks=["performance"], budget="quick")


def test_names_of_other_libraries_lead_to_options_that_exist():
    assert set(ELSEWHERE.values()) <= TableSettings.__dataclass_fields__.keys()
    assert not ELSEWHERE.keys() & TableSettings.__dataclass_fields__.keys()
