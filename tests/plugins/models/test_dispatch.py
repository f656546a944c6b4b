"""An object is wrapped by the library that made it, and no other library is imported."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np

from auditkit.host import Host
from auditkit.models import ModelOptions
from auditkit.plugins.models import wrap_model
from tests.plugins.models.tables import numbers, truth, wrapped


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_hooks_costs_nothing():
    heavy = run(
        """
        import sys
        import auditkit.plugins.models
        print(sorted({"torch", "sklearn", "pandas", "scipy", "xgboost", "lightgbm", "skops"} & set(sys.modules)))
        """
    )
    assert heavy == "[]"


def test_only_what_the_object_needs_is_imported():
    heavy = run(
        """
        import sys
        import numpy as np
        from auditkit.models import ModelOptions
        from auditkit.plugins.models import wrap_model
        model = wrap_model(obj=lambda inputs: inputs[:, 0] > 0, options=ModelOptions(classes=(False, True)))
        model.answers(np.ones((3, 1)))
        model.fingerprint
        print(sorted({"torch", "sklearn", "pandas", "scipy", "xgboost", "lightgbm", "skops"} & set(sys.modules)))
        """
    )
    assert heavy == "[]"
    heavy = run(
        """
        import sys
        import numpy as np
        from sklearn.linear_model import LogisticRegression
        from auditkit.models import ModelOptions
        from auditkit.plugins.models import wrap_model
        inputs = np.arange(6.0)[:, None]
        model = wrap_model(obj=LogisticRegression().fit(inputs, inputs[:, 0] > 2), options=ModelOptions())
        model.answers(inputs)
        model.fingerprint
        print(sorted({"torch", "xgboost", "lightgbm", "skops"} & set(sys.modules)))
        """
    )
    assert heavy == "[]"


def test_through_the_host(tmp_path):
    import skops.io
    from sklearn.linear_model import LogisticRegression

    inputs = numbers()
    estimator = LogisticRegression().fit(inputs, truth(inputs))
    host = Host(discover=False)
    live = host.wrap_model(estimator, ModelOptions())
    skops.io.dump(estimator, tmp_path / "m.skops")
    loaded = host.load_model(tmp_path / "m.skops", ModelOptions())
    np.testing.assert_array_equal(live.predict(inputs), loaded.predict(inputs))
    assert live.fingerprint == loaded.fingerprint


def test_a_model_is_given_back():
    model = wrapped(len, task="regression")
    assert wrap_model(obj=model, options=ModelOptions()) is model
