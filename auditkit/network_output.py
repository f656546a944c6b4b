"""What a network gives: which part of it is the answer, and what kinds of numbers that may be."""

from collections.abc import Mapping
from typing import Any

CLASSIFIER_OUTPUTS = ("logits", "one logit", "probabilities", "one probability")
"""What the output of a module that classifies may be."""


def main_output(output: Any) -> Any:
    """The answers among all that a network gives: `.logits`, or the first of several, for auxiliary ones come after.

    A network that gives (answers, auxiliary) while it is trained gives answers alone when it is asked.
    """
    # Networks of transformers answer with a record, of which logits are the decisions' part.
    if isinstance(output, Mapping):
        return output.get("logits", output)
    output = getattr(output, "logits", output)
    return output[0] if isinstance(output, tuple | list) and output else output
