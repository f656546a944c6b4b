"""The digits demo: scikit-learn's handwritten digits (real pictures) and a small convolutional network."""

import numpy as np
from sklearn.datasets import load_digits

from auditkit.data import AuditData
from auditkit.demos import Built
from auditkit.demos.networks import fit, make_cnn, seeded
from auditkit.errors import require
from auditkit.host import wrap
from auditkit.results import Limit


def build() -> Built:
    """Load, train, wrap."""
    require("torch", "torch")
    loaded = load_digits()
    pictures = (loaded.images / 16.0).astype(np.float32)[:, None]
    labels = loaded.target.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(labels))
    train, test = order[:1000], order[1000:]
    common = {"task": "multiclass", "modality": "image", "label_name": "digit"}
    training = AuditData(pictures[train], labels[train], name="training digits", **common)  # type: ignore[arg-type]
    data = AuditData(
        pictures[test], labels[test], name="scikit-learn digits", train=training, **common,  # type: ignore[arg-type]
    )  # fmt: skip
    network = seeded(make_cnn)
    fit(network, pictures[train], labels[train], epochs=12)
    model = wrap(network, name="small convolutional network", task="multiclass", classes=tuple(range(10)))
    return Built(title="Handwritten digits (demonstration)", models=[model], data=data, limits=LIMITS, card=CARD)


LIMITS = (
    Limit(
        name="accuracy", measurement="performance.quality.accuracy", everyone=True, at_least=0.93,
        because="what a linear model reaches on these pictures",
    ),
)  # fmt: skip

CARD = {
    "intended_use": "Showing an audit of a picture model on 1,797 real pictures of digits.",
    "out_of_scope": "Reading anybody's handwriting for a purpose.",
}
