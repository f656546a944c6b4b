"""Inspect's eval log in its JSON form: what a language model was asked and answered, as columns of a table.

Of each sample there are `prompt`, `answer` (missing where the sample ended in an error), `target`, `sample_id`,
`epoch`, `stop_reason`, `score_NAME` of each scorer and `metadata_NAME` of what its owner wrote beside it. Events are
not read.

The format: https://inspect.aisi.org.uk/eval-logs.html, version 2 (also 1). A log is somebody else's file: every part is
held to its type, and nothing of it is quoted in a message.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditkit.errors import DataError
from auditkit.text import class_name, one_line

NAMES: Final = 100
"""Names of metadata, and of scorers, at most; and letters of a name."""
VERSIONS: Final = (1, 2)


def is_log(document: Any) -> bool:
    """Whether a document of JSON is an eval log."""
    parts = ("version", "status", "eval")
    return (
        isinstance(document, Mapping)
        and all(part in document for part in parts)
        and isinstance(document["eval"], Mapping)
    )


def columns_of(document: Mapping[str, Any], file: str) -> tuple[dict[str, list[Any]], list[str]]:
    """{column: values} of its samples, and notes about the model that answered.

    Args:
        document: of which `is_log` is true.
        file: its name, for messages.

    Raises:
        DataError: another version, no samples, or a part that is no such part.
    """
    if document["version"] not in VERSIONS:
        raise DataError(f"{file}: an eval log of Inspect must be of version 1 or 2; this one is of another")
    samples = document.get("samples")
    if not isinstance(samples, list) or not samples:
        raise DataError(
            f"{file}: the eval log holds no samples; write it with its samples (without --no-log-samples), or read the "
            "log that has them"
        )
    records = [_record(sample, f"{file}: sample {number}") for number, sample in enumerate(samples, start=1)]
    names = dict.fromkeys(name for record in records for name in record)
    for kind in ("metadata_", "score_"):
        if sum(name.startswith(kind) for name in names) > NAMES:
            raise DataError(f"{file}: the samples have more than {NAMES} names of {kind.rstrip('_')}; leave some out")
    return {name: [record.get(name) for record in records] for name in names}, _notes(document)


def _record(sample: Any, where: str) -> dict[str, Any]:
    if not isinstance(sample, Mapping):
        raise DataError(f"{where} must be an object; it is a {class_name(sample)}")
    failed = sample.get("error") is not None
    answer, reason = (None, "error") if failed else _answer(sample.get("output"), where)
    return {
        "sample_id": _scalar(sample.get("id")),
        "epoch": _scalar(sample.get("epoch", 1)),
        "prompt": _prompt(sample.get("input"), where),
        "answer": answer,
        "target": _target(sample.get("target"), where),
        "stop_reason": reason,
        **{f"score_{name}": _score(score) for name, score in _named(sample.get("scores"))},
        **{f"metadata_{name}": value for name, value in _named(sample.get("metadata")) if _is_scalar(value)},
    }


def _answer(output: Any, where: str) -> tuple[str | None, str | None]:
    """The words of the first choice, and why it ended; nothing where there is none."""
    choices = output.get("choices") if isinstance(output, Mapping) else None
    if not choices:
        return None, None
    message = choices[0].get("message") if isinstance(choices, list) and isinstance(choices[0], Mapping) else None
    if not isinstance(message, Mapping):
        raise DataError(f"{where}: its output must have a message under choices; it has none")
    reason = choices[0].get("stop_reason")
    return _content(message.get("content"), f"{where}: its answer"), reason if isinstance(reason, str) else None


def _prompt(given: Any, where: str) -> str:
    """The text that was asked; of several messages each under its role."""
    if isinstance(given, str):
        return given
    if not isinstance(given, list) or not given or not all(isinstance(message, Mapping) for message in given):
        raise DataError(f"{where}: its input must be a text or messages; it is a {class_name(given)}")
    spoken = [(message.get("role"), _content(message.get("content"), f"{where}: its input") or "") for message in given]
    if len(spoken) == 1:
        return spoken[0][1]
    return "\n\n".join(f"{role if isinstance(role, str) else 'user'}: {text}" for role, text in spoken)


def _content(content: Any, what: str) -> str | None:
    """The words of a message: a text, or the texts among its parts (pictures and calls of tools are left out)."""
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, list) or not all(isinstance(part, Mapping) for part in content):
        raise DataError(f"{what} must be a text or parts of a message; it is a {class_name(content)}")
    texts = [part["text"] for part in content if part.get("type") == "text" and isinstance(part.get("text"), str)]
    return "\n".join(texts) if texts else None


def _target(target: Any, where: str) -> Any:
    if target is None or isinstance(target, str):
        return target
    if isinstance(target, list) and all(isinstance(part, str) for part in target):
        return target[0] if len(target) == 1 else tuple(target)
    raise DataError(f"{where}: its target must be a text or texts; it is a {class_name(target)}")


def _score(score: Any) -> Any:
    value = score.get("value") if isinstance(score, Mapping) else None
    return value if _is_scalar(value) else None


def _named(part: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(part, Mapping):
        return
    yield from ((name, value) for name, value in part.items() if len(name) <= NAMES and name == one_line(name, NAMES))


def _notes(document: Mapping[str, Any]) -> list[str]:
    facts = [("model", _at(document, "eval", "model")), ("task", _at(document, "eval", "task"))]
    facts += [(name, _at(document, "plan", "config", name)) for name in ("temperature", "seed", "max_tokens")]
    known = [f"{name} {one_line(value, NAMES)}" for name, value in facts if _is_scalar(value) and value is not None]
    status = document.get("status")
    ended = [] if status == "success" else ["the eval log did not end in success: samples may be missing"]
    return [f"the eval log of Inspect says: {', '.join(known)}", *ended] if known else ended


def _at(document: Any, *steps: str) -> Any:
    for step in steps:
        document = document.get(step) if isinstance(document, Mapping) else None
    return document


def _scalar(value: Any) -> Any:
    return value if _is_scalar(value) else None


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
