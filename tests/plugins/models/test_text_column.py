"""Estimators that begin with a vectorizer, on a table: one column of texts is a list of them."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union

import auditkit
from auditkit.data import AuditData
from auditkit.errors import Mend, ModelError

TEXTS = [f"{'good' if number % 3 else 'bad'} w{number % 7}" for number in range(60)]
LABELS = [int(number % 3 > 0) for number in range(60)]
FRAME = pandas.DataFrame({"text": TEXTS, "sex": ["f", "m"] * 30, "y": LABELS})
WAYS = {
    "counts": make_pipeline(CountVectorizer(), LogisticRegression()),
    "tf-idf": make_pipeline(TfidfVectorizer(), LogisticRegression()),
    "hashes": make_pipeline(HashingVectorizer(n_features=64), LogisticRegression()),
    "union": make_pipeline(make_union(CountVectorizer(), TfidfVectorizer()), LogisticRegression()),
    "calibrated": CalibratedClassifierCV(make_pipeline(CountVectorizer(), LogisticRegression()), cv=2),
    "search": GridSearchCV(make_pipeline(CountVectorizer(), LogisticRegression()), {}, cv=2),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_column_of_texts_is_asked_as_the_texts_themselves(name, tmp_path):
    model = WAYS[name].fit(TEXTS, LABELS)
    FRAME.to_csv(tmp_path / "texts.csv", index=False)
    for source in (FRAME, tmp_path / "texts.csv"):
        data = AuditData.from_table(source, label="y", groups=["sex"], drop=["sex"])
        decided = auditkit.wrap(model).predict(data.inputs)
        assert np.array_equal(decided, model.predict(TEXTS))
    assert auditkit.audit(model, data, checks=["performance"], budget="quick").outcome != "error"


def test_columns_beside_the_texts_are_refused_with_their_names():
    model = auditkit.wrap(WAYS["counts"].fit(TEXTS, LABELS))
    with pytest.raises(ModelError, match="takes one column of texts; the inputs have 2: 'text', 'sex'") as caught:
        model.predict(FRAME[["text", "sex"]])
    assert caught.value.mend == (Mend("data.drop", ["sex"]),)
    with pytest.raises(ModelError, match="column 'text' has no text in 1 rows"):
        model.predict(FRAME[["text"]].where(np.arange(60)[:, None] > 0))
    with pytest.raises(ModelError, match="column 'y' holds 0"):
        model.predict(FRAME[["y"]])
