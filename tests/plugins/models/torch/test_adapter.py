"""Torch modules as models: what their outputs mean, their inputs, gradients and fingerprints."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import expit, softmax
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from torch import nn

from auditkit.errors import CapabilityError, ModelError
from auditkit.models import Capability
from tests.plugins.models.modules import Cnn, Flat, Recurrent, Scaled, Words, mlp
from tests.plugins.models.tables import numbers, people, wrapped

X = numbers().astype(np.float32)
IMAGES = np.random.default_rng(0).random((20, 1, 8, 8), dtype=np.float32)


def raw(module, inputs=X):
    module = copy.deepcopy(module).eval()
    with torch.no_grad():
        return module(torch.from_numpy(inputs)).numpy().astype(np.float64)


def test_two_logits():
    module = mlp()
    model = wrapped(module)
    answers = model.answers(X)
    np.testing.assert_allclose(answers.probabilities, softmax(raw(module), axis=1), atol=1e-12)
    np.testing.assert_array_equal(answers.labels, raw(module).argmax(axis=1))
    np.testing.assert_allclose(answers.scores, answers.probabilities[:, 1])
    assert (model.output, model.task, model.classes, model.device) == ("logits", "binary", (0, 1), "cpu")
    assert model.capabilities == frozenset(Capability) - {Capability.TREES, Capability.TEXTS}
    assert "the output is read as logits, by a probe of 64 rows" in model.notes


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("named", [{"task": "binary"}, {"classes": ("no", "yes")}])
def test_one_logit(flat, named):
    module = Flat(mlp(1)) if flat else mlp(1)
    model = wrapped(module, **named)
    answers = model.answers(X)
    np.testing.assert_allclose(answers.scores, expit(raw(module).ravel()), atol=1e-12)
    np.testing.assert_array_equal(answers.labels == model.classes[1], raw(module).ravel() > 0)
    assert model.output == "one logit"


def test_one_probability():
    module = mlp(1, nn.Sigmoid())
    model = wrapped(module, task="binary")
    np.testing.assert_allclose(model.scores(X), raw(module).ravel(), atol=1e-12)
    assert model.output == "one probability"


def test_softmax_output():
    module = mlp(3, nn.Softmax(dim=1))
    model = wrapped(module)
    np.testing.assert_allclose(model.probabilities(X), raw(module), atol=1e-7)
    assert (model.output, model.task) == ("probabilities", "multiclass")
    assert Capability.SCORES not in model.capabilities


def test_log_softmax_counts_as_logits():
    module = mlp(3, nn.LogSoftmax(dim=1))
    model = wrapped(module)
    np.testing.assert_allclose(model.probabilities(X), np.exp(raw(module)), atol=1e-7)
    assert model.output == "logits"


@pytest.mark.parametrize("flat", [False, True])
def test_regression(flat):
    module = Flat(mlp(1)) if flat else mlp(1)
    model = wrapped(module, task="regression")
    answers = model.answers(X)
    np.testing.assert_allclose(answers.labels, raw(module).ravel())
    assert model.output == "number" and answers.probabilities is None
    assert Capability.PROBABILITIES not in model.capabilities


def test_images():
    module = Cnn()
    model = wrapped(module, classes=("cat", "dog", "fox"), batch=6)
    np.testing.assert_allclose(model.probabilities(IMAGES), softmax(raw(module, IMAGES), axis=1), atol=1e-6)
    np.testing.assert_array_equal(
        model.predict(torch.from_numpy(IMAGES)), np.array(["cat", "dog", "fox"])[raw(module, IMAGES).argmax(axis=1)]
    )


@pytest.mark.parametrize("scale", [1e-3, 1e-2])
def test_small_logits_are_not_taken_for_probabilities(scale):
    """All sixty-four real answers lie in [0, 1]; rows far out tell."""
    module = nn.Linear(4, 1)
    with torch.no_grad():
        module.weight.fill_(scale)
        module.bias.fill_(0.5)
    assert wrapped(module, task="binary").answers(X).labels.min() == 1  # a logit above 0 is positive
    model = wrapped(module, task="binary")
    model.answers(X)
    assert model.output == "one logit"
    assert raw(module).min() > 0 and raw(module).max() < 1


@pytest.mark.parametrize(("output", "kind"), [("logits", "one logit"), ("probabilities", "one probability")])
def test_output_may_be_told(output, kind):
    model = wrapped(mlp(1, nn.Sigmoid()), task="binary", output=output)
    model.answers(X)
    assert model.output == kind and f"the output is read as {kind}, as told" in model.notes


def test_threshold():
    model = wrapped(mlp(), threshold=0.7)
    np.testing.assert_array_equal(model.predict(X), (model.scores(X) >= 0.7).astype(int))


def test_probe_sees_the_first_rows_only_once():
    model = wrapped(mlp(), batch=1)
    model.answers(X)
    assert [note for note in model.notes if "probe" in note] == ["the output is read as logits, by a probe of 1 rows"]


def test_texts_through_preprocess():
    module = Words()
    words = {"good": 1, "bad": 2, "film": 3}

    def positions(texts):
        return np.array([[words[word] for word in text.split()] for text in texts])

    model = wrapped(module, preprocess=positions, batch=2)
    texts = ["good film", "bad film", "film film"]
    np.testing.assert_array_equal(model.predict(texts), raw(module, positions(texts)).argmax(axis=1))
    with pytest.raises(CapabilityError, match="positions in an embedding are whole numbers"):
        model.gradients(texts, np.zeros(3, int))


def test_table_through_a_fitted_transformer():
    frame, _ = people()
    columns = ColumnTransformer([("a", OneHotEncoder(), ["job"]), ("b", StandardScaler(), ["age"])]).fit(frame)
    module = mlp()
    model = wrapped(module, preprocess=columns)
    np.testing.assert_array_equal(
        model.predict(frame), raw(module, columns.transform(frame).astype(np.float32)).argmax(axis=1)
    )


def test_numeric_table_needs_no_preprocess():
    frame = pd.DataFrame(X.astype(float), columns=list("abcd")).assign(c=X[:, 2] > 0)
    encoded = wrapped(mlp()).encode(frame)
    assert encoded.dtype == torch.float32 and encoded.shape == X.shape
    np.testing.assert_allclose(encoded.numpy(), frame.to_numpy(dtype=float), rtol=1e-6)


def test_arrays_of_every_kind():
    model = wrapped(mlp())
    for kind in (np.float64, np.float16, np.int64, np.uint8, bool, ">f8"):
        assert model.encode(np.ones((3, 4), kind)).dtype == torch.float32
    assert model.encode(np.ones((3, 8))[::-1, ::2]).shape == (3, 4)
    assert wrapped(mlp().double()).encode(X).dtype == torch.float64
    assert wrapped(Words()).encode(np.ones((3, 4), np.uint8)).dtype == torch.int64


def test_inputs_are_left_alone():
    given = X.copy()
    model = wrapped(mlp())
    with torch.no_grad():
        model.encode(given).fill_(7)
    np.testing.assert_array_equal(given, X)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (["a", "b"], "needs an array or a tensor of numbers; a list was given. To mend it, pass preprocess="),
        (np.array([["a"]]), "an array of <U1 was given"),
        (pd.DataFrame({"age": [1.0], "job": ["clerk"]}), "these columns hold none: 'job'.*pass preprocess="),
    ],
)
def test_inputs_that_are_no_numbers(inputs, message):
    with pytest.raises(ModelError, match=message):
        wrapped(mlp()).answers(inputs)


class Pair(nn.Module):
    def forward(self, inputs):
        return inputs, inputs


@pytest.mark.parametrize(
    ("module", "options", "message"),
    [
        (mlp(1), {}, 'one number per row; say task = "binary" or task = "regression"'),
        (mlp(1), {"task": "multiclass"}, "one output per row stands for two classes, and the task is multiclass"),
        (mlp(1), {"classes": "abc"}, "one output per row stands for two classes, and 3 classes were given"),
        (mlp(3), {"task": "regression"}, "one number per row; its output has 3 columns"),
        (mlp(3), {"task": "binary"}, "classifier of 3 classes; 'binary' was given"),
        (mlp(3), {"classes": "ab"}, "classes must name the 3 columns of the output; 2 were given"),
        (mlp(2, nn.Sigmoid()), {}, r'lie in \[0, 1\] but do not sum to 1.*output = "logits"'),
        (Pair(), {}, r"must have one output; it has 2 \(0, 1\)\. Name the one"),
        (nn.Conv2d(1, 2, 1), {}, "Conv2d failed: RuntimeError"),
        (nn.Unflatten(1, (2, 2)), {}, r"it gave shape \(64, 2, 2\)|shape \(300, 2, 2\)"),
        (mlp(), {"output": "scores"}, "output must be 'logits' or 'probabilities'; 'scores' was given"),
        (mlp(), {"device": "abacus"}, "device must be one that torch can use here, such as 'cpu'; 'abacus'"),
        (mlp(1), {"task": "regression", "threshold": 0.5}, "threshold is for binary classifiers"),
        (mlp(3), {"threshold": 0.5}, "threshold is for two classes; this model has 3"),
    ],
)
def test_what_cannot_be_read(module, options, message):
    with pytest.raises(ModelError, match=message):
        wrapped(module, **options).answers(X)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there():
    with pytest.raises(ModelError, match="'cuda' was given"):
        wrapped(mlp(), device="cuda")


def test_answers_that_are_not_finite():
    broken = X.copy()
    broken[3, 0] = np.nan
    with pytest.raises(ModelError, match="must be finite"):
        wrapped(mlp()).answers(broken)


@pytest.mark.parametrize(
    ("module", "options", "of_class"),
    [
        (mlp(3), {}, lambda out, target: out[target]),
        (mlp(2, nn.Softmax(dim=1)), {}, lambda out, target: out[target]),
        (mlp(1), {"task": "binary"}, lambda out, target: out[0] if target else -out[0]),
        (mlp(1, nn.Sigmoid()), {"task": "binary"}, lambda out, target: out[0] if target else 1 - out[0]),
        (mlp(1), {"task": "regression"}, lambda out, target: out[0]),
    ],
    ids=["logits", "probabilities", "one logit", "one probability", "number"],
)
def test_gradients_against_differences(module, options, of_class):
    model = wrapped(module.double(), batch=4, **options)
    few, step = X[:10].astype(np.float64), 1e-6
    targets = np.arange(10) % 2
    slopes = model.gradients(few, targets)
    assert slopes.shape == few.shape
    for row in range(10):
        for column in range(4):
            moved = [few[row].copy(), few[row].copy()]
            moved[0][column] -= step
            moved[1][column] += step
            low, high = (of_class(raw(module, row_moved[None])[0], targets[row]) for row_moved in moved)
            assert slopes[row, column] == pytest.approx((high - low) / (2 * step), abs=1e-5)


def test_gradients_check_their_targets():
    model = wrapped(mlp())
    with pytest.raises(ModelError, match="targets must be positions in the 2 classes"):
        model.gradients(X[:2], np.array([0, 2]))
    with pytest.raises(ModelError, match=r"one class per row \(3\); it has 2"):
        model.gradients(X[:3], np.array([0, 1]))
    with pytest.raises(ModelError, match="the gradient failed: RuntimeError"):
        wrapped(Frozen()).gradients(X[:2], np.array([0, 1]))


class Frozen(nn.Module):
    def forward(self, inputs):
        return torch.ones(len(inputs), 2) * torch.tensor([1.0, 5.0])


def test_gradients_halve_the_batch_after_out_of_memory():
    class Hungry(nn.Module):
        def forward(self, inputs):
            if len(inputs) > 3:
                raise RuntimeError("CUDA out of memory. Tried to allocate")
            return inputs[:, :2] * 3

    model = wrapped(Hungry(), batch=16)
    assert model.gradients(X[:10], np.zeros(10, int)).tolist() == [[3, 0, 0, 0]] * 10
    assert model.batch == 2 and any("halved to 2" in note for note in model.notes)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_recurrent(kind):
    sequences = np.random.default_rng(0).normal(size=(7, 5, 4)).astype(np.float32)
    model = wrapped(Recurrent(kind))
    assert model.answers(sequences).probabilities.shape == (7, 2)
    assert np.abs(model.gradients(sequences, np.zeros(7, int))).max() > 0


def test_fresh_draws_every_parameter_anew():
    module = Cnn()
    module.train()
    module(torch.from_numpy(IMAGES))  # moves the running statistics
    for parameter in module.parameters():
        parameter.grad = torch.ones_like(parameter)
    before = copy.deepcopy(module.state_dict())
    model = wrapped(module, classes=("a", "b", "c"))
    model.answers(IMAGES)
    fresh = model.fresh()
    assert (fresh.output, fresh.classes, fresh.capabilities) == (model.output, model.classes, model.capabilities)
    new = fresh.estimator()
    assert torch.equal(new.body[1].running_mean, torch.zeros(4)) and int(new.body[1].num_batches_tracked) == 0
    assert not torch.equal(new.head.weight, module.head.weight)
    assert all(parameter.grad is None for parameter in new.parameters())
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_fresh_of_attention():
    layer = nn.TransformerEncoderLayer(4, 2, 8)
    fresh = wrapped(layer).fresh().estimator()
    assert float(fresh.self_attn.out_proj.bias.detach().abs().max()) == 0
    assert not torch.equal(fresh.self_attn.in_proj_weight, layer.self_attn.in_proj_weight)


def test_fresh_where_a_layer_cannot():
    module = Scaled()
    with pytest.raises(CapabilityError, match=r"no\s+reset_parameters\(\): Scaled. Give fresh="):
        wrapped(module).fresh()
    fresh = wrapped(module, fresh=lambda: Scaled(1.0)).fresh()
    assert float(fresh.estimator().by.detach()) == 1.0
    with pytest.raises(ModelError, match="fresh must make a torch module; it made a int"):
        wrapped(module, fresh=lambda: 3).fresh()


def test_opacus_wrapper_is_taken_off():
    opacus = pytest.importorskip("opacus")
    inner = mlp()
    wrapper = opacus.GradSampleModule(inner)
    model = wrapped(wrapper)
    np.testing.assert_array_equal(model.predict(X), raw(inner).argmax(axis=1))
    assert type(model.estimator()) is nn.Sequential and isinstance(wrapper, opacus.GradSampleModule)
    assert np.abs(model.gradients(X[:3], np.zeros(3, int))).max() > 0
    assert any("GradSampleModule" in note for note in model.notes)
    loss = wrapper(torch.tensor(X[:4], requires_grad=True)).sum()
    loss.backward()  # the user's own wrapper still trains
    assert inner[0].weight.grad_sample.shape == (4, 8, 4)


def test_fingerprint():
    module = mlp()
    original = wrapped(module).fingerprint
    assert original == wrapped(copy.deepcopy(module).eval()).fingerprint == wrapped(module).fingerprint
    model = wrapped(module)
    model.answers(X)
    assert model.fingerprint == original
    assert original != wrapped(module, threshold=0.2).fingerprint
    assert original != wrapped(module, preprocess=lambda inputs: inputs * 2).fingerprint
    changed = copy.deepcopy(module)
    with torch.no_grad():
        changed[0].bias[0] += 1e-6
    assert wrapped(changed).fingerprint != original
    assert wrapped(mlp(2, nn.Tanh())).fingerprint != original
    assert wrapped(nn.Dropout(0.1)).fingerprint != wrapped(nn.Dropout(0.2)).fingerprint


def test_half_precision_weights():
    model = wrapped(mlp(3, nn.Softmax(dim=1)).to(torch.bfloat16))
    assert model.answers(X).probabilities.shape == (300, 3)
    assert len(model.fingerprint) == 64


class Tied(nn.Module):
    """Two layers with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(4, 4), nn.Linear(4, 4)
        self.other.weight = self.one.weight

    def forward(self, inputs):
        return self.other(self.one(inputs))


@pytest.mark.parametrize("make", [mlp, Tied])
def test_weights_go_out_and_come_back(make):
    model = wrapped(make())
    model.answers(X)
    again = model.with_weights(model.weights())
    assert again.fingerprint == model.fingerprint
    np.testing.assert_array_equal(again.probabilities(X), model.probabilities(X))
    with pytest.raises(ModelError, match="these weights do not fit"):
        model.with_weights(wrapped(mlp(5)).weights())
