"""What a check that deals with less than everything is given."""

import types

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.checks import Check, Findings, missing_needs
from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.hookspecs import hookimpl
from auditkit.host import Host
from auditkit.plugins.models.recorded import RecordedModel
from auditkit.predictions import Predictions
from auditkit.run.check_task import serve
from auditkit.run.plan import selected
from auditkit.trainers import Trainer


class Plain(Check):
    """Is it plain?"""

    id = "test.plain"

    def measure(self, model, data, context):
        return Findings()


class Able(Plain):
    """Is it able?"""

    id = "test.able"
    handles = frozenset({"people", "unknown labels", "abstentions"})


class Alike(Plain):
    """May rows be alike?"""

    id = "test.alike"
    handles = frozenset({"alike rows"})


class Few(Plain):
    """Are few enough?"""

    id = "test.few"
    rows: int = 20


def data_and_predictions(**more):
    frame = pd.DataFrame({"sex": ["F", "M"] * 30, "y": [0, 1, None] * 20, "d": [1, 9, 0, 0] * 15, **more})
    data = AuditData.from_table(
        frame, label="y", positive=1, groups=["sex"], decisions="d", abstain=9, unlabelled="keep",
        people="n" if "n" in more else None,
    )  # fmt: skip
    return data, Predictions(RecordedModel.of(data), data)


def test_rows_that_a_check_does_not_deal_with_are_left_out_and_said():
    data, predictions = data_and_predictions()
    served = serve(Plain(), data, predictions, 0)
    keep = data.known & ~data.withheld
    assert len(served.data) == keep.sum() == len(served.predictions.labels)
    assert (served.predictions.truth >= 0).all() and (served.predictions.codes >= 0).all()
    assert served.data.labels.tolist() == data.labels[keep].tolist()
    assert served.notes == (
        "Left out of this check, because the label is not known: 20 people.",
        "Left out of this check, because the model declined to decide: 10 people.",
    )


def test_a_check_that_deals_with_them_gets_everything():
    data, predictions = data_and_predictions()
    assert serve(Able(), data, predictions, 0)[:2] == (data, predictions)


def test_a_sample_is_drawn_from_what_is_left():
    served = serve(Few(), *data_and_predictions(), 0)
    assert len(served.data) == 20 and served.rows.total == 30 and served.data.known.all()


def test_a_table_of_counts_is_written_out_or_kept_back():
    data, predictions = data_and_predictions(n=[3] * 60)
    model = predictions.model
    assert missing_needs(Plain, model, data) == "needs a row for each person, and the data is a table of counts"
    assert missing_needs(Able, model, data) is missing_needs(Alike, model, data) is None
    served = serve(Alike(), data, predictions, 0)
    assert len(served.data) == 90 and served.data.people is None and len(served.predictions.codes) == 90
    assert "60 people" in served.notes[0]
    million = data_and_predictions(n=[10**6] * 60)[0]
    assert "of more than 2,000,000 people" in missing_needs(Alike, model, million)
    recipe = type("Recipe", (Trainer,), {"id": "recipe", "__module__": __name__})
    assert missing_needs(recipe, model, data) == "needs a row for each person, and the data is a table of counts"


def test_where_nothing_is_left_the_check_says_so():
    data, predictions = data_and_predictions()
    predictions.__dict__["abstained"] = np.ones(60, dtype=bool)
    with pytest.raises(DataError, match="no row is left: the model declined to decide in every row"):
        serve(Plain(), data, predictions, 0)


def test_a_live_model_may_decline():
    frame = pd.DataFrame({"x": np.arange(40.0), "sex": ["F", "M"] * 20, "y": [0, 1] * 20})
    data = AuditData.from_table(frame, label="y", groups=["sex"])
    model = auditkit.wrap(
        lambda table: np.where(table["x"] < 10, "unsure", (table["x"] > 20).astype(int).astype(str)),
        classes=[0, 1], abstain="unsure",
    )  # fmt: skip
    predictions = Predictions(model, data)
    assert predictions.abstained.sum() == 10 and predictions.codes[-1] == 1
    result = auditkit.audit(model, data, checks=["performance.quality"], budget="quick")
    assert any("declined to decide: 10 people" in note for note in result.results[0].notes)
    assert (
        next(
            measurement.n
            for measurement in result.results[0].measurements
            if measurement.name == "accuracy" and not measurement.slice
        )
        == 30
    )
    three = ["no", "yes", "unsure"]
    fitted = auditkit.wrap(lambda table: np.resize(three, len(table)), classes=three, abstain="unsure")
    with pytest.raises(DataError, match=r"abstain must be none of .*classes=\['no', 'yes'\]"):
        _ = Predictions(fitted, data).codes


class Rare(Plain):
    """Is it the occasion?"""

    id = "test.rare"
    applies_when = "for rare occasions: name it, or choose the rule pack rare-rules"


@hookimpl
def register_checks():
    return [Plain, Rare]


def test_a_check_for_an_occasion_runs_only_then():
    offering = types.ModuleType("offering")
    offering.register_checks = register_checks
    host = Host(plugins=[offering], discover=False)

    def chosen(checks, evidence=()):
        return [id for id in selected(host, checks, evidence) if id.startswith("test.")]

    assert chosen(None) == chosen(["test"]) == ["test.plain"]
    assert chosen(["test.rare"]) == ["test.rare"]
    assert chosen(None, ["test.rare.number"]) == chosen(["test"], ["test.rare"]) == ["test.plain", "test.rare"]
    assert chosen(["test.plain"], ["test.rare"]) == ["test.plain"]
