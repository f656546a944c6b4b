"""What is explained locally: rows of a table, pictures or texts, each with its own law of neighbours."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.data.inputs import as_array
from auditkit.errors import present
from auditkit.plugins.explanations.lime import masked, segments
from auditkit.plugins.explanations.lime.neighbourhood import Neighbourhood
from auditkit.plugins.explanations.lime.tables import Local, explain_table
from auditkit.plugins.explanations.quality.curves import Answer
from auditkit.plugins.explanations.shared.background import train_codes
from auditkit.plugins.explanations.shared.columns import numeric_columns
from auditkit.plugins.explanations.shared.outputs import Output
from auditkit.plugins.explanations.shared.words import words

FEW = 20
"""Pictures or texts that are explained: each has neighbours of its own."""
REPEATED = 5
"""Pictures or texts that are explained again with other neighbours."""
SAMPLES = {"table": 5_000, "image": 1_000, "text": 5_000}
"""Lime's own numbers of neighbours, the row itself among them."""
CELLS = 2**22
"""Pixels of pictures that are made at once."""


@dataclass(frozen=True)
class Subject:
    """Rows to explain, and how lime's law is drawn for them."""

    rows: int
    """How many are explained."""
    repeated: int
    """How many of them are explained again with other neighbours."""
    local: Callable[[np.random.Generator, int], Local]
    """Local models of the first so many rows, from new neighbours."""
    answer: Answer | None
    """About rows of which some parts are kept; None for tables, which fill in values of other rows."""
    parts: str
    notes: tuple[str, ...]
    segments: tuple[np.ndarray, ...] = ()
    """Of pictures: the number of each pixel's segment."""


def table(data: AuditData, output: Output, samples: int) -> Subject:
    """Rows of a table: neighbours are drawn, and the model asked about them, once for all rows."""
    x = data.codes()
    split = train_codes(data)
    is_category = ~numeric_columns(data)
    neighbourhood = Neighbourhood(x if split is None else split, is_category)

    def local(rng: np.random.Generator, rows: int) -> Local:
        neighbours = neighbourhood.draw(samples - 1, rng)
        answers = output.answer(data.decode(neighbours.codes)).astype(np.float64)
        own = output.answers[:rows].astype(np.float64)
        return explain_table(neighbours, answers, neighbourhood.pieces(x[:rows]), own, output.target)

    source = "audit data" if split is None else "training split"
    sentence = f"Neighbours are drawn by the quartiles and frequencies of the {source}, once for all rows."
    return Subject(len(x), len(x), local, None, "features", (sentence,))


def pictures(data: AuditData, output: Output, samples: int, context: Context) -> Subject:
    """Pictures of segments, each of which is left as it is or has the picture's mean colour."""
    array = present(as_array(data.inputs), "pictures are an array")[:FEW]
    cut = [segments.segment(picture) for picture in array]
    fills = [segments.hidden(picture) for picture in array]
    sizes = [int(numbers.max()) + 1 for numbers, _ in cut]

    def outputs(row: int, kept: np.ndarray) -> np.ndarray:
        at_once, answers = max(1, CELLS // array[row].size), []
        for start in range(0, len(kept), at_once):
            made = segments.masked(array[row], cut[row][0], fills[row], kept[start : start + at_once, : sizes[row]])
            answers.append(output.answer(_like(data.inputs, made)))
            context.progress(row + 1, len(array), "pictures")
        return np.concatenate(answers)

    how = sorted({how for _, how in cut})
    sentence = f"Parts of a picture are {' or '.join(how)}; what is left out has the mean colour of the picture."
    law = _masked_law(outputs, sizes, output.target, samples, masked.picture_masks)
    return Subject(
        len(array), min(REPEATED, len(array)), law, _answer(outputs, sizes, output.target), "segments",
        (sentence, *_few(data, len(array), "pictures")), tuple(numbers for numbers, _ in cut),
    )  # fmt: skip


def texts(data: AuditData, output: Output, samples: int, context: Context) -> Subject:
    """Texts of words; a word that is left out is left out wherever it occurs, as in lime."""
    split = [words(text) for text in list(data.inputs)[:FEW]]
    # lime's words are those that differ, capitals and all
    spelt = [[part.text[start:end] for start, end in part.spans] for part in split]
    distinct = [list(dict.fromkeys(each_word)) for each_word in spelt]
    owners = [
        np.array([own.index(word) for word in row], dtype=np.int64) for own, row in zip(distinct, spelt, strict=True)
    ]

    def outputs(row: int, kept: np.ndarray) -> np.ndarray:
        made = [split[row].without(list(mask[owners[row]])) for mask in kept[:, : len(distinct[row])]]
        different = list(dict.fromkeys(made))
        context.progress(row + 1, len(split), "texts")
        place = {text: position for position, text in enumerate(different)}
        return np.asarray(output.answer(different))[[place[text] for text in made]]

    sizes = [len(own) for own in distinct]
    law = _masked_law(outputs, sizes, output.target, samples, masked.text_masks)
    return Subject(
        len(split), min(REPEATED, len(split)), law, _answer(outputs, sizes, output.target), "words",
        ("Parts of a text are its words; one that is left out is so wherever it occurs.",
         *_few(data, len(split), "texts")),
    )  # fmt: skip


def _masked_law(
    outputs: masked.Outputs, sizes: list[int], target: np.ndarray, samples: int,
    law: Callable[[int, int, np.random.Generator], np.ndarray],
) -> Callable[[np.random.Generator, int], Local]:  # fmt: skip
    def local(rng: np.random.Generator, rows: int) -> Local:
        return masked.explain_masked(outputs, sizes[:rows], target, lambda size: law(size, samples, rng))

    return local


def _answer(outputs: masked.Outputs, sizes: list[int], target: np.ndarray) -> Answer:
    def answer(kept: np.ndarray, rows: np.ndarray) -> np.ndarray:
        answers = np.empty(len(rows))
        for row in np.unique(rows):
            own = rows == row
            answers[own] = outputs(int(row), kept[own])[:, target[row]]
        return answers

    return answer


def _few(data: AuditData, rows: int, what: str) -> tuple[str, ...]:
    return (f"Explained are {rows} of {len(data)} {what}.",) if rows < len(data) else ()


def _like(inputs: Any, values: np.ndarray) -> Any:
    """An array of the kind that the model takes."""
    return values if isinstance(inputs, np.ndarray) else inputs.new_tensor(values)
