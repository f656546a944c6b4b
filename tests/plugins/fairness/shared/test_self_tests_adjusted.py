"""p-values adjusted over all the tests of a check."""

from auditkit import stats
from auditkit.plugins.fairness.shared.self_tests import adjusted
from auditkit.results import Measurement, Test


def number(p=None):
    test = None if p is None else Test(method="m", p=p, family="f")
    return Measurement(name="gap", value=0.5, exact=True, test=test)


def test_what_has_a_test_is_adjusted_over_all_of_them_and_the_rest_stays():
    given = [number(0.04), number(), number(0.01)]
    first, second, third = adjusted(given)
    assert second == given[1]
    assert [first.test.p_adjusted, third.test.p_adjusted] == [0.04, 0.02] == stats.holm([0.04, 0.01]).tolist()
    assert adjusted([number()]) == [number()]
