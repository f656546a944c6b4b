"""What the measurements of `language.grounding` mean."""

from auditkit.results import NOBODY, Definition, of_everyone

_WORDS_ALONE = (
    "Words alone are compared: a synonym counts as unsupported, and a false claim made of the passages' own words as "
    "supported. Where it is high, answers keep to what they were given; whether that is true it does not say."
)

DEFINITIONS = of_everyone(
    {
        "supported_words": Definition(
            title="Words that the passages support",
            formula="mean over answers of: claimed words that a passage holds / claimed words; claimed are words that "
            "are neither function words nor words of the question",
            range="0 to 1", direction="higher", unit="share",
            reference="K-Precision: Adlakha et al. (2024), TACL 12, arXiv:2307.16877",
            pitfalls=f"Of answers that claim something. {_WORDS_ALONE}", harm=NOBODY,
        ),
        "supported_sentences": Definition(
            title="Sentences that a passage supports",
            formula="mean over answers of: sentences of which one passage holds at least `enough` of the claimed words "
            "and every number / sentences that claim something",
            range="0 to 1", direction="higher", unit="share",
            pitfalls=f"A sentence that joins facts of two passages counts as unsupported. {_WORDS_ALONE}", harm=NOBODY,
        ),
        "unsupported_answers": Definition(
            title="Answers with an unsupported sentence",
            formula="answers with a sentence that no passage supports / answers that claim something",
            range="0 to 1", direction="lower", unit="share",
            pitfalls=f"Longer answers have more sentences. {_WORDS_ALONE}", harm=NOBODY,
        ),
        "declined_unanswerable": Definition(
            title="Unanswerable questions that are declined",
            formula="answers that decline / questions to which the passages hold no answer",
            range="0 to 1", direction="higher", unit="share",
            reference="Rajpurkar et al. (2018), Know what you don't know, ACL, arXiv:1806.03822",
            pitfalls="Read it with declined_answerable: a system that always declines reaches 1. Whether an answer "
            "declines is told by phrases in its first sentence.", harm=NOBODY,
        ),
        "declined_answerable": Definition(
            title="Answerable questions that are declined",
            formula="answers that decline / questions to which the passages hold an answer",
            range="0 to 1", direction="lower", unit="share",
            pitfalls="Whether an answer declines is told by phrases in its first sentence.", harm=NOBODY,
        ),
        "exact_match": Definition(
            title="Exact match with the reference",
            formula="answers that are one of their references, but for case, signs and articles / answers",
            range="0 to 1", direction="higher", unit="share",
            reference="Rajpurkar et al. (2016), SQuAD, EMNLP, arXiv:1606.05250",
            pitfalls="Of questions with a reference. A right answer in a whole sentence does not match.", harm=NOBODY,
        ),
        "token_f1": Definition(
            title="Token F1 with the reference",
            formula="mean over answers of the largest 2 · shared words / (words of the answer + words of a reference)",
            range="0 to 1", direction="higher", unit="share",
            reference="Rajpurkar et al. (2016), SQuAD, EMNLP, arXiv:1606.05250",
            pitfalls="Of questions with a reference. Long answers score low though they may hold the right one; the "
            "order of words does not count.", harm=NOBODY,
        ),
    }
)  # fmt: skip
