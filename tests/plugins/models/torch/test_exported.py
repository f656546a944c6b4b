"""Archives of `torch.export`: answers for any number of rows, and no foreign code on opening."""

from __future__ import annotations

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from auditkit.errors import CapabilityError, ModelFileRejected
from auditkit.models import Capability, ModelOptions
from auditkit.plugins.models import load_model
from auditkit.plugins.models.torch.exported import Padded
from tests.plugins.models.modules import Cnn, mlp
from tests.plugins.models.tables import numbers, wrapped

X = numbers().astype(np.float32)


def exported(module, sample, rows=None):
    """The bytes of a `.pt2` file; `rows` is the Dim of the batch, None for a fixed one."""
    shapes = None if rows is None else ({0: rows},)
    buffer = io.BytesIO()
    torch.export.save(torch.export.export(module.eval(), (sample,), dynamic_shapes=shapes), buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def dynamic():
    return exported(mlp(3), torch.randn(3, 4), torch.export.Dim("rows"))


@pytest.fixture(scope="module")
def fixed():
    return exported(mlp(3), torch.randn(5, 4))


def opened(folder, data, **options):
    (folder / "net.pt2").write_bytes(data)
    model = load_model(path=folder / "net.pt2", options=ModelOptions(**options))
    assert model is not None
    return model


def changed(data, member, change):
    """The archive with one member's JSON changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for text in old.namelist():
            raw = old.read(text)
            if text.endswith(member):
                loaded = json.loads(raw)
                change(loaded)
                raw = json.dumps(loaded).encode()
            new.writestr(text, raw)
    return buffer.getvalue()


def with_member(data, name, content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        root = old.namelist()[0].partition("/")[0]
        for member in old.namelist():
            if member != f"{root}/{name}":
                new.writestr(member, old.read(member))
        new.writestr(f"{root}/{name}", content)
    return buffer.getvalue()


@pytest.mark.parametrize("rows", [1, 2, 5, 7, 300])
@pytest.mark.parametrize("which", ["dynamic", "fixed"])
def test_answers_for_any_number_of_rows(tmp_path, request, which, rows):
    model = opened(tmp_path, request.getfixturevalue(which), classes="abc")
    live = wrapped(mlp(3), classes="abc")
    np.testing.assert_allclose(model.probabilities(X[:rows]), live.probabilities(X[:rows]), atol=1e-6)
    np.testing.assert_array_equal(model.predict(X[:rows]), live.predict(X[:rows]))
    padded = any("batches are filled up" in note for note in model.notes)
    assert padded == (which == "fixed") and model.name == "net"


def test_a_least_number_of_rows_is_filled_up_too(tmp_path):
    model = opened(tmp_path, exported(mlp(), torch.randn(4, 4), torch.export.Dim("rows", min=4)))
    np.testing.assert_allclose(model.probabilities(X[:3]), wrapped(mlp()).probabilities(X[:3]), atol=1e-6)


@pytest.mark.parametrize("which", ["dynamic", "fixed"])
def test_gradients_but_no_layers(tmp_path, request, which):
    model = opened(tmp_path, request.getfixturevalue(which))
    live = wrapped(mlp(3))
    targets = np.arange(9) % 3
    np.testing.assert_allclose(model.gradients(X[:9], targets), live.gradients(X[:9], targets), atol=1e-6)
    assert Capability.GRADIENTS in model.capabilities and Capability.TORCH_MODULE not in model.capabilities
    assert model.estimator() is None and model.loaded == "torch.export archive, no foreign code"
    with pytest.raises(CapabilityError, match="an exported graph cannot be trained; give fresh="):
        model.fresh()
    assert model.fingerprint == opened(tmp_path, request.getfixturevalue(which)).fingerprint != live.fingerprint


def test_images(tmp_path):
    images = np.random.default_rng(0).random((9, 1, 8, 8), dtype=np.float32)
    torch.manual_seed(0)
    module = Cnn()
    model = opened(tmp_path, exported(module, torch.rand(2, 1, 8, 8), torch.export.Dim("rows")))
    np.testing.assert_allclose(model.probabilities(images), wrapped(module).probabilities(images), atol=1e-6)


def test_one_logit(tmp_path):
    model = opened(tmp_path, exported(mlp(1), torch.randn(2, 4), torch.export.Dim("rows")), task="binary")
    np.testing.assert_allclose(model.scores(X), wrapped(mlp(1), task="binary").scores(X), atol=1e-6)


class Sized(nn.Module):
    """Reshapes by the number of rows, so that expressions of it stand in the file."""

    def forward(self, inputs):
        rows = inputs.shape[0]
        return inputs.reshape(rows * 2, -1).reshape(rows, 2, -1).sum(dim=2)


def test_expressions_of_the_batch_are_harmless(tmp_path):
    model = opened(tmp_path, exported(Sized(), torch.randn(3, 4), torch.export.Dim("rows")))
    assert model.answers(X).probabilities.shape == (300, 2)


@pytest.mark.parametrize("rows", [1, 4, 5, 11])
def test_padding_drops_its_copies(rows):
    class Five(nn.Module):
        def forward(self, inputs):
            assert len(inputs) == 5
            return inputs * 2

    inputs = torch.randn(rows, 3)
    torch.testing.assert_close(Padded(Five(), 5)(inputs), inputs * 2)


CODE = "__import__('os').system('true')"


def target(text):
    return lambda program: program["graph_module"]["graph"]["nodes"][0].update(target=text)


def expression(text):
    def change(program):
        sizes = program["graph_module"]["graph"]["tensor_values"]["input"]["sizes"]
        sizes[0]["as_expr"]["expr_str"] = text

    return change


def argument_names(program):
    signature = program["graph_module"]["module_call_graph"][0]["signature"]
    signature["forward_arg_names"] = [f"input={CODE}"]


def parameter(program):
    graph = program["graph_module"]
    graph["signature"]["input_specs"][0]["parameter"]["parameter_name"] = f'0.weight"+{CODE}+"'


def tree(program):
    signature = program["graph_module"]["module_call_graph"][0]["signature"]
    signature["in_spec"] = signature["in_spec"].replace("builtins.tuple", "collections.namedtuple")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda program: program.update(guards_code=[CODE]), "holds source code of guards"),
        (target("torch.hub.load"), "a text that could run code, as target: 'torch.hub.load'"),
        (target("torch.ops.aten.from_file.default"), "as target"),
        (target("torch.ops.mylib.op.default"), "as target"),
        (target("_operator.methodcaller"), "as target"),
        (expression(CODE), "as expr_str"),
        (expression("Symbol.mro()"), "as expr_str"),
        (expression("lambda: 1"), "as expr_str"),
        (argument_names, "as forward_arg_names"),
        (parameter, "as parameter_name"),
        (tree, "as in_spec"),
    ],
)
def test_programs_that_could_run_code(tmp_path, dynamic, change, message):
    with pytest.raises(ModelFileRejected, match=message):
        opened(tmp_path, changed(dynamic, "models/model.json", change))


def test_pickled_weights(tmp_path, dynamic):
    def change(config):
        next(iter(config["config"].values()))["use_pickle"] = True

    with pytest.raises(ModelFileRejected, match="holds a pickled tensor or object"):
        opened(tmp_path, changed(dynamic, "model_weights_config.json", change))


def test_payloads_elsewhere(tmp_path, dynamic):
    def change(config):
        next(iter(config["config"].values()))["path_name"] = "opaque_obj_0"

    with pytest.raises(ModelFileRejected, match="holds a pickled tensor or object"):
        opened(tmp_path, changed(dynamic, "model_weights_config.json", change))


SUNG = []


class Canary:
    def __reduce__(self):
        return (SUNG.append, (True,))


def test_pickled_sample_inputs(tmp_path, dynamic):
    buffer = io.BytesIO()
    torch.save(((Canary(),), {}), buffer)
    for content in (buffer.getvalue(), pickle.dumps(Canary())):
        with pytest.raises(ModelFileRejected, match="could not be opened: UnpicklingError"):
            opened(tmp_path, with_member(dynamic, "data/sample_inputs/model.pt", content))
    assert not SUNG


@pytest.mark.parametrize(
    "name", ["data/aotinductor/model/wrapper.so", "data/constants/custom_obj_0", "data/weights/model.pt", "extra/x.py"]
)
def test_members_that_are_not_opened(tmp_path, dynamic, name):
    with pytest.raises(ModelFileRejected, match=f"holds what auditkit does not open: .*{name}"):
        opened(tmp_path, with_member(dynamic, name, b"x"))


def test_several_inputs(tmp_path):
    class Two(nn.Module):
        def forward(self, one, other):
            return one + other

    buffer = io.BytesIO()
    torch.export.save(torch.export.export(Two(), (torch.ones(2, 2), torch.ones(2, 2))), buffer)
    with pytest.raises(ModelFileRejected, match="must have one input; it has 2"):
        opened(tmp_path, buffer.getvalue())


def test_truncated(tmp_path, dynamic):
    with pytest.raises(ModelFileRejected, match="the zip archive is broken"):
        opened(tmp_path, dynamic[:1000])


class Greedy(nn.Module):
    def __init__(self, take):
        super().__init__()
        self.take = take

    def forward(self, x):
        return x[:, :2] + self.take(x).sum() * 0


# the process that opens the file first may be over its limit before the graph has been measured
OVER_BUDGET = "an answer of its graph takes|took more memory than it may"


@pytest.mark.parametrize("take", [
    lambda x: torch.empty(10**12), lambda x: torch.ones(10**9), lambda x: torch.arange(10**9),
    lambda x: x[:1].expand(10**9, 4).clone(), lambda x: nn.functional.pad(x, (0, 10**9)),
    lambda x: torch.stack([torch.full((3 * 10**7,), float(number)) for number in range(5)]),
    lambda x: torch.repeat_interleave(x.sum(0), torch.tensor([10**9] * 4), output_size=4 * 10**9),
])  # fmt: skip
def test_a_graph_that_takes_too_much_is_refused_before_it_does(tmp_path, take):
    data = exported(Greedy(take), torch.randn(3, 4), torch.export.Dim("rows"))
    with pytest.raises(ModelFileRejected, match=OVER_BUDGET) as refused:
        opened(tmp_path, data)
    (mend,) = refused.value.mend
    assert mend.setting == "model.memory_limit"


def test_a_graph_within_its_budget_is_asked(tmp_path):
    data = exported(Greedy(lambda x: torch.zeros(10**6)), torch.randn(3, 4), torch.export.Dim("rows"))
    assert len(opened(tmp_path, data).probabilities(X[:9])) == 9
    with pytest.raises(ModelFileRejected, match=OVER_BUDGET):
        opened(tmp_path, data, memory_limit=10**6)


def test_a_sample_of_impossible_size_is_refused(tmp_path, fixed):
    def grow(program):
        for value in program["graph_module"]["graph"]["tensor_values"].values():
            value["sizes"] = [{"as_int": 10**12}, *value["sizes"][1:]]

    with pytest.raises(ModelFileRejected):
        opened(tmp_path, with_member(changed(fixed, "models/model.json", grow), "data/sample_inputs/model.pt", b""))
