"""The user's options reach a model that an outside adapter made, or are refused in words."""

from __future__ import annotations

import numpy as np
import pytest

import auditkit
from auditkit.errors import ModelError, PluginError
from auditkit.models import Answers, Model, ModelOptions
from auditkit.option_guard import hold

CHANCES = np.array([0.2, 0.6, 0.95, 0.9])
"""Of yes."""


class Ledger:
    """An object that no built-in adapter knows."""


class Careless(Model):
    """A model of a stranger's adapter that reads no option; `gives` says what its answers hold."""

    kind = "ledger"
    classes = ("no", "yes")

    def __init__(self, gives="probabilities", abstains=False):
        self.gives, self.abstains = gives, abstains

    @property
    def fingerprint(self):
        return "ledger"

    def answer(self, inputs):
        labels = np.where(CHANCES >= 0.5, "yes", "no").astype(object)
        if self.abstains:
            labels[2] = "unsure"
        both = np.column_stack([1 - CHANCES, CHANCES])
        return Answers(
            labels, CHANCES if self.gives != "labels" else None, both if self.gives == "probabilities" else None
        )


def wrapped(model, **options):
    def wrap_model(obj, options):
        return model if isinstance(obj, Ledger) else None

    plugin = type("Stranger", (), {})()
    plugin.wrap_model = auditkit.hookimpl(wrap_model)
    return auditkit.wrap(Ledger(), plugins=[plugin], **options)


INPUTS = np.zeros((4, 1))


@pytest.mark.parametrize("gives", ["probabilities", "scores"])
def test_a_threshold_that_the_adapter_passes_over_decides(gives):
    assert wrapped(Careless(gives)).predict(INPUTS).tolist() == ["no", "yes", "yes", "yes"]
    model = wrapped(Careless(gives), threshold=0.9)
    assert model.predict(INPUTS).tolist() == ["no", "no", "yes", "yes"]  # 0.9 itself is decided positive
    assert model.threshold == 0.9  # the report names it


def test_a_threshold_that_nothing_can_be_held_against_is_refused():
    with pytest.raises(ModelError, match=r"threshold must be left out where a model gives decisions .*'Stran"):
        wrapped(Careless("labels"), threshold=0.9).predict(INPUTS)
    assert wrapped(Careless("labels")).predict(INPUTS).tolist() == ["no", "yes", "yes", "yes"]


def test_a_row_that_the_model_declines_stays_undecided_at_any_threshold():
    model = wrapped(Careless(abstains=True), threshold=0.9, abstain="unsure")
    assert model.predict(INPUTS).tolist() == ["no", "no", "unsure", "yes"]


def test_an_adapter_that_reads_the_threshold_is_left_as_it_is():
    class Careful(Careless):
        def answer(self, inputs):
            given = super().answer(inputs)
            return given._replace(labels=np.where(self.threshold <= CHANCES, "yes", "no"))

    careful = Careful()
    careful.threshold = 0.94  # of its own: kept where the user names none
    assert wrapped(careful).predict(INPUTS).tolist() == ["no", "no", "yes", "no"]
    assert wrapped(careful, threshold=0.5).predict(INPUTS).tolist() == ["no", "yes", "yes", "yes"]


def test_the_positive_class_turns_the_scores_round():
    model = wrapped(Careless(), positive="no", threshold=0.7)
    assert model.predict(INPUTS).tolist() == ["no", "yes", "yes", "yes"]  # no is decided from a chance of 0.7 of it
    assert model.scores(INPUTS) == pytest.approx(1 - CHANCES)


def test_scores_of_one_class_are_never_taken_for_those_of_the_other():
    scored = Careless("scores")
    scored.positive = "yes"
    with pytest.raises(ModelError, match=r"positive must be the class that the model gives scores of, 'yes'.*'no'"):
        wrapped(scored, positive="no").predict(INPUTS)


@pytest.mark.parametrize("classes", [("yes", "no"), ("n", "y"), ("no", "yes", "maybe")])
def test_other_classes_than_those_of_the_model_are_refused(classes):
    with pytest.raises(ModelError, match="classes must be those of the model, in its order"):
        wrapped(Careless(), classes=classes)


def test_classes_are_applied_where_the_adapter_names_none():
    nameless = Careless()
    nameless.classes = ()
    model = wrapped(nameless, classes=("no", "yes"), threshold=0.9)
    assert (model.classes, model.positive) == (("no", "yes"), "yes")
    assert model.predict(INPUTS).tolist() == ["no", "no", "yes", "yes"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": float("nan")}, "threshold must be a finite number"),
        ({"positive": "perhaps"}, "positive must be one of the classes"),
        ({"threshold": "0.5"}, "threshold must be a finite number; '0.5' was given"),
        ({"threshold": True}, "threshold must be a finite number; True was given"),
        ({"batch": 0}, "batch must be at least 1"),
        ({"batch": 1.5}, "batch must be a whole number; 1.5 was given"),
        ({"task": "regression"}, "task must agree with the model"),
    ],
)
def test_an_option_that_is_wrong_is_refused_as_for_built_in_adapters(options, message):
    with pytest.raises(ModelError, match=message):
        wrapped(Careless(), **options)


def test_an_adapter_may_hand_its_object_on_to_a_built_in_one():
    inner = auditkit.wrap(lambda inputs: CHANCES, classes=("no", "yes"))
    assert wrapped(inner, threshold=0.9, classes=("no", "yes")).predict(INPUTS).tolist() == ["no", "no", "yes", "yes"]


def test_classes_that_a_model_learns_as_it_answers_are_held_against_the_options_then():
    late = auditkit.wrap(lambda inputs: np.array(["no", "yes", "yes", "no"]))
    with pytest.raises(ModelError, match="positive must be 'yes', as the model has it; 'no' was given"):
        wrapped(late, positive="no").predict(INPUTS)


def test_a_broken_adapter_is_named():
    def wrap_model(obj):
        return {}["missing"]

    plugin = type("Broken", (), {})()
    plugin.wrap_model = auditkit.hookimpl(wrap_model)
    with pytest.raises(PluginError, match="plugin 'Broken': wrap_model raised KeyError"):
        auditkit.wrap(Ledger(), plugins=[plugin])


@pytest.mark.parametrize("name", ["answers", "predict", "scores", "probabilities"])
def test_no_adapter_overrides_what_puts_the_options_to_the_answers(name):
    with pytest.raises(ModelError, match=f"Hasty: `{name}` is auditkit's own.* give them by the method `answer`"):
        type("Hasty", (Careless,), {name: lambda self, inputs: CHANCES})
    with pytest.raises(ModelError, match=f"Hasty: `{name}`"):
        type("Hasty", (type("Mixin", (), {name: lambda self, inputs: CHANCES}), Careless), {})


def test_name_and_batch_are_applied_too():
    model = wrapped(Careless(), name="credit", batch=2)
    assert (model.name, model.batch) == ("credit", 2)


@pytest.mark.parametrize("options", [{"threshold": 0.9}, {"classes": ("yes", "no")}, {"positive": "no"}])
def test_a_model_that_is_wrapped_already_is_not_changed_without_a_word(options):
    model = wrapped(Careless(), threshold=0.7)
    assert auditkit.wrap(model, threshold=0.7, classes=("no", "yes"), positive="yes") is model
    with pytest.raises(ModelError, match=f"{next(iter(options))} must be given where the model is wrapped"):
        auditkit.wrap(model, **options)


class Numbers(Careless):
    task = "regression"
    classes = ()

    def answer(self, inputs):
        return Answers(CHANCES, CHANCES, None)


@pytest.mark.parametrize("options", [{"threshold": 0.9}, {"classes": ("no", "yes")}, {"positive": "no"}])
def test_a_model_that_predicts_numbers_has_neither_threshold_nor_classes(options):
    assert wrapped(Numbers()).predict(INPUTS).tolist() == CHANCES.tolist()
    with pytest.raises(ModelError, match=f"{next(iter(options))} is for (binary )?classifiers"):
        wrapped(Numbers(), **options)


@pytest.mark.parametrize(
    ("gives", "message"),
    [
        (
            Answers(["no"] * 4, CHANCES, np.column_stack([1 - CHANCES, CHANCES]) * 3),
            "sum to 1 in every row; the sums lie",
        ),
        (Answers(["no"] * 4, CHANCES, np.column_stack([2 - CHANCES, CHANCES - 1])), r"lie in \[0, 1\].* value is -0.8"),
        (Answers(None), "plugin 'acme' must give a label for every row; it gave none"),
        ((["no"] * 4, CHANCES, None), "must answer with auditkit.models.Answers; it gave a tuple"),
        (None, "must answer with auditkit.models.Answers; it gave a NoneType"),
    ],
)
def test_answers_that_no_adapter_may_give_are_refused_by_the_name_of_the_plugin(gives, message):
    with pytest.raises(ModelError, match=message):
        held(gives).answers(np.zeros((4, 1)))


def test_lists_of_labels_alone_are_answers():
    assert held(Answers(["no", "yes", "yes", "no"])).answers(np.zeros((4, 1))).labels.tolist() == [
        "no",
        "yes",
        "yes",
        "no",
    ]


def held(gives):
    """A model of plugin acme whose adapter answers so."""
    model = Careless()
    model.answer = lambda inputs: gives
    hold(model, ModelOptions(), "acme")
    return model
