"""Trainers make models, and what they say is held to limits."""

from __future__ import annotations

import pytest

import auditkit
from auditkit import runfolder
from auditkit.errors import ConfigError
from auditkit.testing import ToyModel, toy_data
from tests.run.acme import share


class Halving(auditkit.Trainer):
    """Can a model be made that answers by lot?"""

    id = "halving"
    needs = frozenset({"train"})
    fail: bool = False

    def train(self, model, data, context):
        if self.fail:
            raise RuntimeError("no convergence")
        context.progress(1, 2, "epoch")
        made = ToyModel(constant=True)
        number = auditkit.Measurement(name="epochs", value=2.0, exact=True)
        return auditkit.Trained(made, measurements=(number,), notes=("by lot",))


def compare(**options):
    class Plug:
        @auditkit.hookimpl
        def register_trainers(self):
            return [Halving]

    options.setdefault("limits", [])
    return auditkit.compare([ToyModel()], toy_data(), checks=[share.check()], plugins=[Plug()], **options)


def test_a_trained_model_is_audited_beside_its_parent(tmp_path):
    limits = [{"name": "epochs", "measurement": "train.halving.epochs", "at_most": 3}]
    made = compare(train=[{"trainer": "halving", "name": "by lot"}], out=tmp_path / "a", limits=limits)
    parent, child = made.results
    assert (parent.model.name, child.model.name, child.parent) == ("toy", "by lot", "toy")
    assert child.results[0].check == "train.halving"
    assert child.results[0].notes == ("by lot",)
    assert [verdict.status for verdict in child.verdicts] == ["met"]
    assert parent.verdicts == () and parent.exit_code == 5, "no limit is about the parent, so nothing was judged"
    assert parent.outcome.sentence == "nothing was judged: every limit is about another model"
    assert made.exit_code == 0, "what the limits are about was judged"
    assert runfolder.verify(tmp_path / "a") == []


@pytest.mark.parametrize(("most", "code"), [(3, 0), (1, 1)])
def test_a_limit_on_a_trainer_is_about_the_models_that_it_made(most, code):
    limits = [
        {"name": "epochs", "measurement": "train.halving.epochs", "at_most": most},
        {"name": "selected", "measurement": "acme.share", "at_least": 0},
    ]
    waivers = [{"limit": "epochs", "reason": "tried", "approver": "me", "expires": "2020-01-01"}]
    made = compare(train=[{"trainer": "halving", "name": "by lot"}], limits=limits, waivers=waivers)
    parent, child = made.results
    assert [verdict.limit.name for verdict in parent.verdicts] == ["selected"] and parent.waivers == ()
    assert [verdict.limit.name for verdict in child.verdicts] == ["epochs", "selected"]
    assert made.exit_code == code


def test_a_limit_on_a_trainer_that_fails_is_an_error_of_the_parent():
    limits = [{"name": "epochs", "measurement": "train.halving.epochs", "at_most": 3}]
    made = compare(train=[{"trainer": "halving", "fail": True}], limits=limits)
    assert [verdict.status for verdict in made.results[0].verdicts] == ["error"] and made.exit_code == 3


def test_a_trainer_that_fails_is_an_error_of_the_parents_audit():
    made = compare(train=[{"trainer": "halving", "fail": True}])
    assert len(made.results) == 1
    assert made.results[0].exit_code == 3
    assert "no convergence" in made.results[0].outcome.reasons[0]


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ({"trainer": "halvin"}, "did you mean 'halving'"),
        ({"trainer": "halving", "model": "other"}, "must name the parent"),
        ({"trainer": "halving", "fial": True}, "did you mean 'fail'"),
    ],
)
def test_wrong_training_settings_are_errors(train, said):
    with pytest.raises(ConfigError, match=said):
        compare(train=[train])
