"""Hundreds of malformed and malicious model files are refused in a sentence; real ones of every format open."""

from __future__ import annotations

import json
import re

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost

from auditkit.errors import ModelError, ModelFileRejected
from auditkit.host import Host
from auditkit.models import ModelOptions
from benchmarks.mutated_files import CLASS, FILES, MODELS
from benchmarks.mutation import read_file
from tests.hostile import model_files

CHANCE = np.random.default_rng(0)
X = CHANCE.normal(size=(300, 4))
THREE = np.digitize(X[:, 0] + 0.3 * X[:, 1], [-0.5, 0.5])
TWO = (THREE > 0).astype(int)
FRAME = pd.DataFrame({"a": X[:, 0], "b": pd.Categorical(CHANCE.choice(list("uvwxyz"), 300)), "c": X[:, 1]})


HOST = Host()


def opened(path, **options):
    return HOST.load_model(path, ModelOptions(**options))


def test_every_such_file_is_refused_in_a_sentence(tmp_path):
    cases = model_files.all_cases()
    assert len(cases) >= 200
    wrong = {}
    for name, (file, content) in cases.items():
        path = tmp_path / file
        path.write_bytes(content)
        try:
            opened(path, class_path=CLASS if file.endswith((".safetensors", ".pt")) else None)
            wrong[name] = "opened"
        except ModelError as error:
            if re.search("[\x00-\x08\x0b-\x1f\x7f]", str(error)):
                wrong[name] = "unprintable"
        except Exception as error:
            wrong[name] = repr(error)[:200]
        path.unlink()
    assert not wrong and not model_files.SUNG


@pytest.mark.parametrize("form", MODELS)
def test_a_real_file_opens(tmp_path, form):
    path = tmp_path / FILES[form]
    path.write_bytes(model_files.real(form))
    read_file(form, path)


XGBOOST = {
    "pruned": lambda: xgboost.XGBClassifier(n_estimators=9, max_depth=9, gamma=2, n_jobs=1).fit(X, TWO),
    "forest": lambda: xgboost.XGBRFClassifier(n_estimators=9, n_jobs=1).fit(X, TWO),
    "classes": lambda: xgboost.XGBClassifier(n_estimators=4, n_jobs=1).fit(X, THREE),
    "vectors": lambda: xgboost.XGBClassifier(n_estimators=4, n_jobs=1, multi_strategy="multi_output_tree").fit(
        X, THREE
    ),
    "dart": lambda: xgboost.XGBClassifier(n_estimators=5, booster="dart", rate_drop=0.5, n_jobs=1).fit(X, TWO),
    "linear": lambda: xgboost.XGBRegressor(n_estimators=5, booster="gblinear", n_jobs=1).fit(X, X[:, 0]),
    "exact": lambda: xgboost.XGBRegressor(n_estimators=5, tree_method="exact", n_jobs=1).fit(X, X[:, 0]),
    "constant": lambda: xgboost.XGBRegressor(n_estimators=2, n_jobs=1).fit(X, np.ones(300)),
    "leafwise": lambda: xgboost.XGBRegressor(n_estimators=2, grow_policy="lossguide", max_leaves=90, n_jobs=1).fit(
        X, X[:, 0]
    ),
    "missing": lambda: xgboost.XGBClassifier(n_estimators=4, n_jobs=1).fit(np.where(X > 1, np.nan, X), TWO),
    "categories": lambda: xgboost.XGBClassifier(
        n_estimators=4, n_jobs=1, enable_categorical=True, max_cat_to_onehot=1
    ).fit(FRAME, FRAME["b"].isin(list("uvx"))),
    "one-hot": lambda: xgboost.XGBClassifier(
        n_estimators=4, n_jobs=1, enable_categorical=True, max_cat_to_onehot=9
    ).fit(FRAME, FRAME["b"].isin(list("uvx"))),
}
LIGHTGBM = {
    "plain": lambda few: lightgbm.LGBMClassifier(**few).fit(X, TWO),
    "classes": lambda few: lightgbm.LGBMClassifier(**few).fit(X, THREE),
    "linear": lambda few: lightgbm.LGBMRegressor(linear_tree=True, **few).fit(X, X[:, 0]),
    "dart": lambda few: lightgbm.LGBMClassifier(boosting_type="dart", **few).fit(X, TWO),
    "forest": lambda few: lightgbm.LGBMClassifier(boosting_type="rf", bagging_freq=1, bagging_fraction=0.5, **few).fit(
        X, TWO
    ),
    "constant": lambda few: lightgbm.LGBMRegressor(**few).fit(X, np.ones(300)),
    "missing": lambda few: lightgbm.LGBMClassifier(**few).fit(np.where(X > 1, np.nan, X), TWO),
    "categories": lambda few: lightgbm.LGBMClassifier(
        min_data_per_group=1, cat_smooth=0, max_cat_to_onehot=1, **few
    ).fit(FRAME, FRAME["b"].isin(list("uvx"))),
}


@pytest.mark.parametrize("ending", ["json", "ubj"])
@pytest.mark.parametrize("kind", XGBOOST)
def test_real_models_of_xgboost_answer_as_they_do(tmp_path, kind, ending):
    estimator = XGBOOST[kind]()
    estimator.save_model(tmp_path / f"m.{ending}")
    rows = FRAME if kind in ("categories", "one-hot") else X
    np.testing.assert_allclose(opened(tmp_path / f"m.{ending}").predict(rows), estimator.predict(rows), rtol=1e-6)


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("kind", LIGHTGBM)
def test_real_models_of_lightgbm_answer_as_they_do(tmp_path, kind, ends):
    estimator = LIGHTGBM[kind]({"n_estimators": 4, "verbose": -1, "n_jobs": 1})
    (tmp_path / "m.txt").write_bytes(estimator.booster_.model_to_string().replace("\n", ends).encode())
    rows = FRAME if kind == "categories" else X
    np.testing.assert_allclose(opened(tmp_path / "m.txt").predict(rows), estimator.predict(rows))


@pytest.mark.workers
def test_a_model_may_take_as_much_memory_as_its_owner_says(tmp_path):
    path = tmp_path / "m.json"
    path.write_bytes(model_files.real("json"))
    assert opened(path, memory_limit=10**6).kind == "xgboost"
    with pytest.raises(ModelFileRejected, match=r"what it states would take .*memory_limit = \d+ under \[model\]"):
        opened(path, memory_limit=len(path.read_bytes()) + 1)


def test_old_files_of_xgboost_lack_what_came_later(tmp_path):
    document = json.loads(model_files.real("json"))
    model = document["learner"]["gradient_booster"]["model"]
    del model["iteration_indptr"], model["cats"], model["gbtree_model_param"]["num_parallel_tree"]
    for tree in model["trees"]:
        tree["default_left"] = [bool(side) for side in tree["default_left"]]
        for key in [key for key in tree if key.startswith("categories")]:
            tree[key] = []
    document["learner"]["learner_model_param"]["base_score"] = "5E-1"
    del document["learner"]["learner_model_param"]["num_target"]
    from auditkit.plugins.models.xgboost_files import check

    check(json.dumps(document).encode(), "m.json", 10**9)
