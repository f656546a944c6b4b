"""Verbatim continuation: the longest run of words that an answer has in common with the text it was trained on."""

from collections.abc import Sequence

import numpy as np

from auditkit.case_scores.texts import tokens


def longest_run(first: Sequence[str], second: Sequence[str]) -> int:
    """The length of the longest run of words that stands in both, word after word.

    >>> longest_run("the cat sat on the mat".split(), "a cat sat on a mat".split())
    3
    """
    longest, before = 0, [0] * (len(second) + 1)
    for word in first:
        # ends[j]: the run that ends here in the first and at place j in the second
        ends = [0, *(before[place] + 1 if word == other else 0 for place, other in enumerate(second))]
        longest, before = max(longest, *ends), ends
    return longest


def continued(
    answers: Sequence[str], continuations: Sequence[str | None], prompts: Sequence[str], words: int
) -> np.ndarray:
    """(N,) 1 where an answer repeats `words` words or more of the true continuation of its prompt, else 0.

    NaN where that cannot be told: no continuation, one that is shorter, or one of which the prompt holds such a run
    already, so that an echo would count.

    Args:
        answers: N answers.
        continuations: what followed the prompt in the text; None where none is known.
        prompts: what the model was given.
        words: the length of a run that counts.

    Source: Carlini et al. (2021), Extracting training data from large language models, USENIX Security,
    arXiv:2012.07805; Carlini et al. (2023), Quantifying memorization across neural language models, ICLR,
    arXiv:2202.07646, who count 50 tokens.
    """
    hits = np.full(len(answers), np.nan)
    for row, (answer, continuation, prompt) in enumerate(zip(answers, continuations, prompts, strict=True)):
        true = tokens(continuation or "")
        if len(true) >= words and longest_run(true, tokens(prompt)) < words:
            hits[row] = longest_run(true, tokens(answer)) >= words
    return hits
