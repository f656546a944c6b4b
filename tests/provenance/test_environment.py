"""What the numbers depend on."""

import importlib.metadata

from auditkit.provenance import environment


def test_xgboost_is_recorded_whichever_distribution_brings_it():
    brings_it = importlib.metadata.packages_distributions()["xgboost"]
    assert set(brings_it) & set(environment.installed())
