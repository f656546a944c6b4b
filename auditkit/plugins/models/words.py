"""Models that take a text and give one: callables, objects with `generate`, pipelines of transformers."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from auditkit.data.inputs import without_mask
from auditkit.errors import ModelError
from auditkit.text import class_name, number_of, one_line

WRITING_PIPELINES = ("TextGenerationPipeline", "Text2TextGenerationPipeline")
"""Of transformers."""


def asker_of(obj: Any, name: str | None = None) -> Callable[[list[str]], Any]:
    """What takes a list of prompts and gives a list of texts.

    Args:
        obj: a callable, an object whose `generate` takes a list of texts, or a pipeline that writes.
        name: for messages.

    Raises:
        ModelError: it is none of these.
    """
    if is_pipeline(obj):
        return _Pipeline(obj, name or class_name(obj))
    if _is_network(obj):
        raise ModelError(
            f"{name or class_name(obj)}: a network of transformers writes tokens; to audit its texts give a pipeline, "
            'as in pipeline("text-generation", model=model, tokenizer=tokenizer)'
        )
    generate = getattr(obj, "generate", None)
    if callable(generate):
        return _named(generate, obj)
    if callable(obj):
        return obj
    raise ModelError(
        f"{name or class_name(obj)}: a model that answers in words must be a callable from a list of texts to a list "
        f"of texts, or have such a method `generate`; a {class_name(obj)} was given"
    )


def is_pipeline(obj: Any) -> bool:
    """Whether it is a pipeline of transformers that writes."""
    return any(base.__name__ in WRITING_PIPELINES and _is_of_transformers(base) for base in type(obj).__mro__)


def words_of(answer: Any, rows: int, name: str) -> np.ndarray:
    """(n,) object: the answers as texts, None where nothing came.

    Raises:
        ModelError: not one text, or None, for each prompt.
    """
    answer = without_mask(answer)
    if isinstance(answer, str) or not hasattr(answer, "__len__"):
        raise ModelError(
            f"{name}: the model must answer with a list of texts, one for each prompt; it gave a {class_name(answer)}"
        )
    texts = list(answer)
    if len(texts) != rows:
        raise ModelError(
            f"{name}: the model must answer with one text for each prompt; it gave {number_of(len(texts), 'text')} for "
            f"{number_of(rows, 'prompt')} in one call"
        )
    wrong = next((text for text in texts if text is not None and not isinstance(text, str)), None)
    if wrong is not None:
        raise ModelError(
            f"{name}: the model must answer with texts, or None where it gives nothing; it gave a {class_name(wrong)} "
            "for a prompt"
        )
    words = np.empty(rows, dtype=object)
    words[:] = [None if text is None else str(text) for text in texts]
    return words


class _Pipeline:
    """A pipeline as a callable; the prompt is not part of an answer."""

    def __init__(self, pipeline: Any, name: str) -> None:
        self.pipeline, self.__name__ = pipeline, name
        self._own = {"return_full_text": False} if "TextGenerationPipeline" in _names(pipeline) else {}
        self.notes = (f"tokens of answers are {_chosen(pipeline)}, by the settings of the pipeline",)

    def __call__(self, prompts: list[str]) -> list[str]:
        answers: Sequence[Any] = self.pipeline(list(prompts), **self._own)
        first = [answer[0] if isinstance(answer, list) else answer for answer in answers]
        return [answer["generated_text"] for answer in first]


def _chosen(pipeline: Any) -> str:
    """How a pipeline chooses the next token, as far as its arguments and its configuration say."""
    given = {**getattr(pipeline, "_forward_params", {}), **getattr(pipeline, "_generate_kwargs", {})}
    config = given.get("generation_config") or getattr(pipeline, "generation_config", None)
    config = config or getattr(pipeline.model, "generation_config", None)
    drawn, temperature = (given.get(name, getattr(config, name, None)) for name in ("do_sample", "temperature"))
    if drawn is None:
        return "chosen in a way that is not known"
    return f"drawn by chance, temperature {one_line(temperature, 20)}" if drawn else "not drawn by chance"


def _names(obj: Any) -> list[str]:
    return [base.__name__ for base in type(obj).__mro__]


def _named(generate: Callable[[list[str]], Any], obj: Any) -> Callable[[list[str]], Any]:
    def ask(prompts: list[str]) -> Any:
        return generate(prompts)

    ask.__name__ = class_name(obj)
    return ask


def _is_network(obj: Any) -> bool:
    return any(base.__name__ == "PreTrainedModel" and _is_of_transformers(base) for base in type(obj).__mro__)


def _is_of_transformers(base: type) -> bool:
    return base.__module__.startswith("transformers.")
