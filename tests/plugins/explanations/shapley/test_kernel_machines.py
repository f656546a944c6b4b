"""Values of RBF machines are those of the definition; other kernels are left alone."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.svm import SVC, SVR, NuSVR

from auditkit.plugins.explanations.shapley import kernel_machines
from auditkit.plugins.explanations.shapley.kernel_machines import KernelMachine, kernel_machine, kernel_values
from tests.plugins.explanations.brute import interventional

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 5))
Y = X[:, 0] + X[:, 1] * X[:, 2]
EACH = np.arange(5)


def quiet(done, total, what):
    """Progress that nobody reads."""


@pytest.mark.parametrize(
    "model",
    [
        SVR(C=3.0),
        NuSVR(gamma=0.3),
        SVC(gamma="auto"),
        KernelRidge(kernel="rbf"),
        KernelRidge(kernel="rbf", gamma=0.1),
        GaussianProcessRegressor(RBF(2.0), optimizer=None, alpha=0.1),
        # an optimised noise near 0 makes weights of 1e5, whose rounding alone is 1e-9
        GaussianProcessRegressor(
            ConstantKernel(2.0) * RBF([1.0, 2, 3, 4, 5]) + WhiteKernel(0.1), normalize_y=True, optimizer=None
        ),
    ],
    ids=lambda model: type(model).__name__,
)
def test_values_are_those_of_the_definition(model):
    model.fit(X, (Y > 0).astype(int) if isinstance(model, SVC) else Y)
    answer = model.decision_function if isinstance(model, SVC) else model.predict
    values = kernel_values(kernel_machine(model), X[:2], X[20:35], EACH, 5, quiet)
    for row in range(2):
        truth = interventional(answer, X[row], X[20:35])
        np.testing.assert_allclose(values[row, :, 0], truth, atol=1e-9)


def test_columns_of_one_player_move_together_and_parts_change_nothing(monkeypatch):
    machine = KernelMachine(RNG.normal(size=(6, 5)), RNG.normal(size=(6, 2)), np.full(5, 0.4))
    owners, background = np.array([0, 1, 1, 2, -1]), RNG.normal(size=(7, 5))
    x = RNG.normal(size=(3, 5))
    x[:, 4] = background[:, 4] = 0.2
    values = kernel_values(machine, x, background, owners, 3, quiet)

    def answer(rows):
        powers = ((rows[:, None] - machine.centres) ** 2 * machine.precisions).sum(axis=2)
        return np.exp(-powers) @ machine.weights[:, 1]

    inside = [np.isin(owners, [player for player in range(3) if coalition >> player & 1]) for coalition in range(8)]
    worth = [answer(np.where(own, x[0], background)).mean() for own in inside]
    expected = interventional(
        lambda mixed: np.array([worth[int(row @ [1, 2, 4])] for row in mixed]), np.ones(3), np.zeros((1, 3))
    )
    np.testing.assert_allclose(values[0, :, 1], expected, atol=1e-12)
    monkeypatch.setattr(kernel_machines, "CELLS", 1)
    np.testing.assert_allclose(kernel_values(machine, x, background, owners, 3, quiet), values, atol=1e-14)


def test_a_factor_of_zero_is_no_harm():
    machine = KernelMachine(np.zeros((1, 2)), np.ones((1, 1)), np.full(2, 1.0))
    values = kernel_values(machine, np.array([[100.0, 0.0]]), np.zeros((1, 2)), np.arange(2), 2, quiet)
    assert values[0, :, 0].tolist() == [-1.0, 0.0]


def test_one_player_holds_all():
    machine = KernelMachine(np.zeros((1, 1)), np.full((1, 1), 3.0), np.ones(1))
    values = kernel_values(machine, np.array([[0.0]]), np.array([[2.0]]), np.arange(1), 1, quiet)
    assert values[0, 0, 0] == pytest.approx(3 - 3 * np.exp(-4))


def test_other_kernels_and_several_classes_are_left_alone():
    three = np.digitize(Y, [-0.5, 0.5])
    for model in (SVR(kernel="poly"), SVC().fit(X, three), GaussianProcessRegressor(Matern(), optimizer=None)):
        fitted = model if isinstance(model, SVC) else model.fit(X, Y)
        assert kernel_machine(fitted) is None
    assert kernel_machine(object()) is None


def test_what_would_take_longer_than_asking_is_refused(monkeypatch):
    monkeypatch.setattr(kernel_machines, "MOST", 10)
    with pytest.raises(ValueError, match="longer than asking"):
        kernel_values(kernel_machine(SVR().fit(X, Y)), X[:2], X[:3], EACH, 5, quiet)
