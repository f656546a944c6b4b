"""Numbers of words are explained by the embedding that looks them up, where one can be seen."""

import numpy as np
import pytest
import torch

from auditkit.data import AuditData
from auditkit.models import ModelOptions
from auditkit.plugins.explanations.gradients.check import Gradients
from auditkit.plugins.explanations.gradients.embeddings import input_embedding, padding
from auditkit.plugins.explanations.gradients.integrated import integrated_gradients, relative_gaps
from auditkit.plugins.explanations.gradients.network import Network, entered
from auditkit.plugins.explanations.gradients.points import Points, ranges_of
from auditkit.plugins.explanations.gradients.units import make_units
from auditkit.plugins.models.torch.adapter import TorchModel
from tests.plugins.explanations.gradients import networks
from tests.plugins.explanations.models import Network as Wrapped, context, controls, values

QUICK = Gradients(rows=40, background=30, steps=10, copies=2)
nn = torch.nn


class Looking(nn.Module):
    def __init__(self, way):
        super().__init__()
        self.words, self.out, self.way = nn.Embedding(30, 4), nn.Linear(4, 2), way

    def forward(self, x):
        return self.out(self.way(self.words, x.long()))


WAYS = {
    "as they are": (lambda words, x: words(x).mean(dim=1), "words"),
    "twice": (lambda words, x: words(x).mean(dim=1) + words(x).amax(dim=1), "words"),
    "backwards too": (lambda words, x: words(x).mean(dim=1) + words(x.flip(1))[:, 0], None),
    "a part": (lambda words, x: words(x[:, :5]).mean(dim=1), None),
    "by an index": (lambda words, x: words.weight[x].mean(dim=1), None),
    "as a function": (lambda words, x: nn.functional.embedding(x, words.weight).mean(dim=1), None),
}


@pytest.mark.parametrize("way", WAYS)
def test_which_embedding_looks_the_rows_up(way):
    look, expected = WAYS[way]
    x, y = networks.sentences()
    net = Looking(look).eval()
    assert input_embedding(net, x[:3]) == expected
    assert not net.words._forward_pre_hooks
    model = TorchModel.wrap(net, ModelOptions(classes=(0, 1)))
    why = QUICK.applies(model, AuditData(x[:20].numpy(), y[:20].numpy(), modality="sequence", positive=1))
    assert why is None if expected else "no embedding layer can be seen" in why


@pytest.mark.parametrize("frozen", [False, True])
def test_where_layers_cannot_be_reached_the_plan_says_so(frozen):
    net = Looking(WAYS["as they are"][0]).requires_grad_(not frozen).eval()
    words = np.random.default_rng(0).integers(0, 10, (40, 6)).astype(np.float64)
    audited = AuditData(words, np.arange(40) % 2, positive=1)
    assert "positions in an embedding" in QUICK.applies(Wrapped(net, "logits"), audited)
    assert QUICK.applies(Wrapped(nn.Linear(6, 2).eval(), "logits"), audited) is None


def test_padding():
    assert padding(nn.Embedding(5, 3)) is None and padding(nn.Linear(2, 2)) is None
    assert padding(nn.Embedding(5, 3, padding_idx=1)).tolist() == [0, 0, 0]


def some_points(net, x):
    inner = Network(net, net(x).argmax(dim=1).numpy(), "words", x)
    embedded = inner.points()
    return Points(
        inner, embedded, torch.zeros_like(embedded[:1]), torch.arange(len(x)),
        make_units(tuple(embedded.shape[1:]), False, None), embedded, ranges_of(embedded), 50,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["lstm", "gru", "transformer"])
@pytest.mark.filterwarnings("ignore")
def test_captum_agrees(kind):
    """LayerIntegratedGradients over the embedding; padding that a mask leaves out has nothing."""
    captum = pytest.importorskip("captum.attr")
    net, x = getattr(networks, kind)(), networks.sentences()[0][-6:]
    some = some_points(net, x)
    explained = integrated_gradients(some)
    assert relative_gaps(explained.misses, explained.changes).max() < 0.02
    assert explained.values[x.numpy() == 0] == pytest.approx(0, abs=1e-6)
    expected = captum.LayerIntegratedGradients(net, net.words).attribute(
        x, torch.zeros_like(x), target=torch.as_tensor(some.network.targets), n_steps=200
    )
    if kind == "lstm":  # its output leaps just beside the baseline, where fixed points miss it
        misses = expected.detach().numpy().reshape(len(x), -1).sum(axis=1) - explained.changes
        assert np.abs(misses).max() > 10 * np.abs(explained.misses).max()
    else:
        assert explained.values == pytest.approx(expected.detach().numpy(), abs=0.05)
    assert "forward" not in vars(net.words)


def test_a_random_copy_keeps_the_space_that_is_explained():
    net, x = networks.gru(), networks.sentences()[0][:4]
    copy = Network(net, np.zeros(4, int), "words", x).randomised(torch.Generator().manual_seed(0))
    assert torch.equal(copy.points(), entered(net, "words", x))
    assert not torch.equal(copy.module.head.weight, net.head.weight)


@pytest.mark.parametrize(("kind", "modality"), [("gru", "sequence"), ("transformer", "sequence"), ("gru", "table")])
def test_words_that_matter_are_found(kind, modality):
    x, y = (part.numpy() for part in networks.sentences())
    audited = AuditData(x[-40:], y[-40:], modality=modality, positive=1)
    model = TorchModel.wrap(getattr(networks, kind)(), ModelOptions(classes=(0, 1)))
    situation = context(model, audited)
    result = QUICK.measure(model, audited, situation)
    held = controls(result)
    assert held["faithfulness"].holds and held["completeness"].holds and held["random parameters"].holds, held
    assert any("padding" in note for note in result.notes)
    figures = {figure.name: figure for figure in result.figures}
    strongest = [int(row["token"].removeprefix("number ")) for row in figures["vocabulary"].data[:5]]
    assert sum(0 < number < 16 for number in strongest) >= 4, "those that decide"
    assert len(figures["places"].data) == networks.LENGTH
    assert "token_strip" not in figures
    if modality == "table":
        assert len(values(result, "mean_abs_attribution")) == networks.LENGTH


def test_single_rows_are_shown_only_where_they_may_be():
    x, y = (part.numpy() for part in networks.sentences())
    audited = AuditData(x[-40:], y[-40:], modality="sequence", positive=1)
    model = TorchModel.wrap(networks.gru(), ModelOptions(classes=(0, 1)))
    situation = context(model, audited)
    situation.include_rows = True
    result = QUICK.measure(model, audited, situation)
    strip = next(figure for figure in result.figures if figure.name == "token_strip")
    assert sum(cell["share"] for cell in strip.data[: networks.LENGTH]) == pytest.approx(1)
    (tokens,) = result.tables
    assert len(tokens.rows) == 64 and all(x[-41 + row, place - 1] == number for row, place, number, _ in tokens.rows)
    assert "GradCAM is for pictures" in Gradients(explainer="grad_cam").applies(model, audited)
