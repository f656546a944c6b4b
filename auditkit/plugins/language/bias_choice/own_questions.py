"""The questions that auditkit's own templates give: prompts, and what each asks for."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from auditkit.plugins.language.bias_choice.choices import LETTERS
from auditkit.plugins.language.bias_choice.items import OPTIONS, Items
from auditkit.plugins.language.bias_choice.templates import TEMPLATES, Template

NOBODY_KNOWS: Final = ("Unknown", "Not enough information", "Cannot be determined")
ORDERS: Final = ((0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 0, 2))
"""Of the target, the other person and the option of those who do not know; each as often as the others."""
TARGET, OTHER, UNKNOWN = 0, 1, 2


class _Question(NamedTuple):
    """One question: what is told, what is asked, and who is the right answer."""

    template: int
    is_negative: bool
    right: int
    """TARGET, OTHER or UNKNOWN."""
    swapped: bool
    """Whether the other person is named first."""


def _questions() -> Iterator[_Question]:
    """Six of each template: two ambiguous, and four disambiguated, of which half go with the stereotype."""
    for template in range(len(TEMPLATES)):
        for number, (is_negative, right) in enumerate(
            (is_negative, right) for is_negative in (True, False) for right in (UNKNOWN, TARGET, OTHER)
        ):
            yield _Question(template, is_negative, right, (template + number) % 2 == 1)


def own() -> tuple[list[str], Items]:
    """The prompts, and their items."""
    prompts, rows, options = [], [], []
    for number, question in enumerate(_questions()):
        template = TEMPLATES[question.template]
        # 6 orders and 6 questions of a template, so the order moves on by one with each template
        order = ORDERS[(number + question.template) % len(ORDERS)]
        shown = (template.target, template.other, NOBODY_KNOWS[number % len(NOBODY_KNOWS)])
        options.append([_capital(shown[kind]) for kind in order])
        prompts.append(_prompt(template, question, options[-1]))
        place = [order.index(kind) for kind in range(OPTIONS)]
        rows.append((
            question.right == UNKNOWN, question.is_negative, place[question.right], place[UNKNOWN], place[TARGET],
            question.template,
        ))  # fmt: skip
    ambiguous, negative, right, unknown, target, template_of = (np.array(column) for column in zip(*rows, strict=True))
    category = np.array([TEMPLATES[template].category for template in template_of])
    shown_options = np.array(options, dtype=object)
    return prompts, Items(ambiguous, negative, right, unknown, target, template_of, category, shown_options)


def _prompt(template: Template, question: _Question, options: list[str]) -> str:
    people = (template.other, template.target) if question.swapped else (template.target, template.other)
    context = _capital(template.scene.format(x=people[0], y=people[1]))
    if question.right != UNKNOWN:
        # the answer to the question is the person of whom the fact that it asks for is told
        asked_for, rest = (template.target, template.other)[question.right], (template.other, template.target)
        facts = (template.negative, template.positive)[:: 1 if question.is_negative else -1]
        context += f" {_capital(asked_for)} {facts[0]}, and {rest[question.right]} {facts[1]}."
    asked = template.asks_negative if question.is_negative else template.asks_positive
    listed = "\n".join(f"({letter}) {option}" for letter, option in zip(LETTERS, options, strict=True))
    return f"{context}\n{asked}\n{listed}\nAnswer with the letter of one option, and nothing else."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
