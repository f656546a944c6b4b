"""Which columns the model is given: known, stated or unknown, in every place that speaks of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import auditkit
from auditkit.errors import ConfigError
from auditkit.model_inputs import Seeing, seeing
from auditkit.reports import card, cardtables, model_inputs, summary
from auditkit.reports.html.provenance import data_grids
from auditkit.reports.html.tables import Anchors

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame({
    "race": RNG.choice(["A", "B", "C"], 300), "priors": RNG.integers(0, 12, 300), "age": RNG.integers(18, 70, 300)
})  # fmt: skip
TRUTH = (RNG.random(300) < 0.4).astype(int)
DECIDED = ((FRAME["priors"] > 5) ^ (RNG.random(300) < 0.1)).astype(int).to_numpy()


def recorded(**options):
    return auditkit.AuditData.from_table(
        FRAME.assign(y=TRUTH, d=DECIDED), label="y", decisions="d", groups=["race"], **options
    )


def live(**options):
    return auditkit.AuditData.from_table(FRAME.assign(y=TRUTH), label="y", groups=["race"], **options)


def rule(frame):
    return (frame["priors"] > 5).astype(int).to_numpy()


def text_of(result):
    """Everything that card, summary and the report's tables of the data say."""
    grids = data_grids(result, Anchors())
    cells = [cell.text for grid in grids for row in grid.rows for cell in row]
    return "\n".join([card.render(result).decode(), summary.render(result).decode(), *map(str, cells)])


def test_of_recorded_answers_nobody_knows_what_the_model_is_given():
    result = auditkit.audit(None, recorded(), checks=["data.integrity"], budget="quick")
    assert {(feature.seen_by_model, feature.seen) for feature in result.data.features} == {(None, "unknown")}
    text = text_of(result)
    assert "the model sees" not in text and "is given these sensitive attributes: race" not in text.replace(
        "Whether the model is given these sensitive attributes", ""
    )
    assert "Whether the model is given these sensitive attributes is not known: race" in text
    assert "3 of which it is not known" in text
    assert not any("is given" in note for check in result.results for note in check.notes)


def test_the_owner_states_what_the_model_is_given():
    data = recorded()
    model = auditkit.wrap(data, inputs=["priors", "age"])
    assert seeing(model, data) == Seeing("stated", frozenset({"priors", "age"}))
    text = text_of(auditkit.audit(model, data, checks=["data.integrity"], budget="quick"))
    assert "By its owner's statement, the model is not given these sensitive attributes: race" in text
    assert "no, by the owner's statement" in text and "2 that the model is given by its owner's statement" in text


@pytest.mark.parametrize(
    ("stated", "match"),
    [
        (["prior"], "did you mean 'priors'"),
        (["y"], "no such column"),
        ([], "each once; none is named. Name them, or take inputs out"),
        (["age", "priors", "age"], "'age' is named 2 times. Name them, or take inputs out"),
    ],
)
def test_what_is_stated_must_be_a_column(stated, match):
    data = recorded()
    with pytest.raises(ConfigError, match=match):
        auditkit.audit(auditkit.wrap(data, inputs=stated), data, checks=["data.integrity"], budget="quick")


def test_a_column_that_was_dropped_may_be_stated():
    data = recorded(drop=["age"])
    assert seeing(auditkit.wrap(data, inputs=["age"]), data).gives("age") is True


def test_a_callable_is_given_the_whole_table_unless_its_owner_states_less():
    data = live()
    assert seeing(auditkit.wrap(rule, classes=(0, 1)), data) == Seeing("known", frozenset(FRAME.columns))
    assert seeing(auditkit.wrap(rule, classes=(0, 1), inputs=["priors"]), data).gives("race") is False


def test_what_an_estimator_shows_itself_cannot_be_stated_otherwise():
    data = live()
    model = LogisticRegression().fit(FRAME[["priors", "age"]], TRUTH)
    assert seeing(auditkit.wrap(model), data) == Seeing("known", frozenset({"priors", "age"}))
    with pytest.raises(ConfigError, match="'age' is one of them"):
        seeing(auditkit.wrap(model, inputs=["priors"]), data)
    with pytest.raises(ConfigError, match="'race' is not one of them"):
        seeing(auditkit.wrap(model, inputs=["priors", "age", "race"]), data)


def test_a_column_transformer_leaves_columns_out():
    selected = ColumnTransformer([("numbers", StandardScaler(), ["priors", "age"])])
    model = auditkit.wrap(make_pipeline(selected, LogisticRegression()).fit(FRAME, TRUTH))
    assert seeing(model, live()).gives("race") is False
    result = auditkit.audit(model, live(), checks=["data.integrity"], budget="quick")
    assert "The model is not given these sensitive attributes: race" in text_of(result)


def test_the_columns_of_an_array_have_no_names():
    data = auditkit.AuditData(FRAME[["priors", "age"]].to_numpy(float), TRUTH, {"race": FRAME["race"].to_numpy()})
    model = auditkit.wrap(lambda rows: (rows[:, 0] > 5).astype(int), classes=(0, 1))
    assert (seeing(model, data).gives("race"), seeing(model, data).gives("x0")) == (None, True)
    result = auditkit.audit(model, data, checks=["explanations.importance"], budget="quick")
    share = next(measurement for measurement in result.results[0].measurements if measurement.name == "group_share")
    assert share.value is None and "not known which column" in share.reason


def test_a_group_made_of_a_column_of_another_name_is_given_with_it():
    groups = {"age_group": {"column": "age", "bins": [30, 50]}}
    data = auditkit.AuditData.from_table(FRAME.assign(y=TRUTH), label="y", groups=groups)
    model = auditkit.wrap(lambda frame: (frame["age"] > 40).astype(int).to_numpy(), classes=(0, 1))
    result = auditkit.audit(model, data, checks=["fairness.individual", "data.integrity"], budget="quick")
    seen_by_models = {feature.name: feature.seen_by_model for feature in result.data.features}
    assert seen_by_models == {"race": True, "priors": True, "age": True, "age_group": True}
    checks = {check_result.check: check_result for check_result in result.results}
    flips = [
        measurement
        for measurement in checks["fairness.individual"].measurements
        if measurement.name == "flip_rate" and not measurement.slice
    ]
    assert flips[0].value > 0.5 and not any("not given" in note for note in checks["fairness.individual"].notes)
    proxies = [measurement for measurement in checks["data.integrity"].measurements if measurement.name == "proxy_auc"]
    assert proxies[0].value < 0.7  # the column itself is no proxy


def test_a_statement_that_the_flip_test_contradicts_is_noted():
    data = live()
    guilty = auditkit.wrap(lambda frame: (frame["race"] == "A").astype(int).to_numpy(), classes=(0, 1), inputs=["age"])
    result = auditkit.audit(guilty, data, checks=["fairness.individual"], budget="quick")
    assert any("race is said to be no input" in note for note in result.results[0].notes)
    honest = auditkit.wrap(rule, classes=(0, 1), inputs=["priors"])
    result = auditkit.audit(honest, data, checks=["fairness.individual"], budget="quick")
    assert not any("said to be no input" in note for note in result.results[0].notes)


def test_an_older_result_of_recorded_answers_says_that_nobody_knows():
    result = auditkit.audit(None, recorded(), checks=["data.integrity"], budget="quick")
    features = tuple(feature.model_copy(update={"seen_by_model": True, "seen": ""}) for feature in result.data.features)
    older = result.model_copy(update={"data": result.data.model_copy(update={"features": features})})
    assert model_inputs.answer(older, features[0]) == "not known"
    assert "not known" in str(cardtables.dataset(older))


def test_inputs_of_recorded_answers_in_a_configuration(tmp_path):
    FRAME.assign(y=TRUTH, d=DECIDED).to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "auditkit.toml").write_text(
        '[model]\ndecisions = "d"\ninputs = ["priors", "aeg"]\n[data]\npath = "people.csv"\nlabel = "y"\n'
    )
    from auditkit.command.inputs import open_all
    from auditkit.config import load

    opened = open_all(auditkit.Host(), load(tmp_path), tmp_path)
    with pytest.raises(ConfigError, match="did you mean 'age'"):
        seeing(opened.models[0], opened.data)
