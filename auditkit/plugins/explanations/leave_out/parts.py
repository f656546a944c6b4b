"""What of a prompt is left out: the passages that stand in it, else its sentences."""

from collections.abc import Sequence

from auditkit.plugins.explanations.shared.words import Parts, sentence_spans


def parts_of(prompt: str, passages: Sequence[str], most: int) -> Parts | None:
    """The parts of a prompt.

    Args:
        prompt: what the model is given.
        passages: texts that may stand in it, in their order.
        most: parts at most; further sentences belong to the last.

    Returns:
        The passages, where at least two stand in the prompt word for word, and none more than `most`; else the
        sentences; None below two.
    """
    spans = _places(prompt, passages)
    if spans is not None and 2 <= len(spans) <= most:
        return Parts(prompt, spans, "passages")
    sentences = sentence_spans(prompt)
    if len(sentences) > most:
        sentences = (*sentences[: most - 1], (sentences[most - 1][0], sentences[-1][1]))
    return Parts(prompt, sentences, "sentences") if len(sentences) > 1 else None


def _places(prompt: str, passages: Sequence[str]) -> tuple[tuple[int, int], ...] | None:
    """Where the passages stand, in their order; None where one does not."""
    spans, end = [], 0
    for passage in passages:
        start = prompt.find(passage, end)
        if start < 0:
            return None
        end = start + len(passage)
        spans.append((start, end))
    return tuple(spans)
