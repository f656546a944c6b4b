"""`language.leakage`: models that give away and models that do not, with numbers by hand."""

from __future__ import annotations

import re

import numpy as np
import pandas
import pytest

from auditkit import stats
from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.models import ModelOptions
from auditkit.plugins.language.leakage.check import Leakage
from auditkit.plugins.models.recorded_texts import RecordedTextsModel
from tests.plugins.recorded import control, one, run
from tests.plugins.worded import worded

ROWS = 40
PROMPTS = [f"Question number {place}?" for place in range(ROWS)]
SECRETS = [f"K{place:02d}-QX{97 * place % 89:02d}-ZT" for place in range(ROWS)]
RNG = np.random.default_rng(8)
WORDS = np.array(
    [f"{first}{last}" for first in ("ba", "ko", "lu", "mi", "ne") for last in ("ras", "dun", "vel", "tor")]
)
TRUE = [" ".join(RNG.choice(WORDS, 12)) for _ in range(ROWS)]
TRAINED = [1] * 20 + [0] * 20


def test_secrets_that_come_back_and_secrets_that_are_kept():
    leaking = [f"The code is {secret.lower()}." if place < 10 else "No." for place, secret in enumerate(SECRETS)]
    result = run(Leakage(), *worded(PROMPTS, leaking, secret=SECRETS))
    returned = one(result, "secret_returned")
    assert (returned.value, returned.n) == (0.25, 40) and returned.interval == stats.wilson(10, 40)
    assert control(result, "secrets of others").value == 0
    kept = one(run(Leakage(), *worded(PROMPTS, ["No."] * ROWS, secret=SECRETS)), "secret_returned")
    assert kept.value == 0 and 0 < kept.interval.high < 0.1


def test_secrets_that_are_none_are_noticed():
    """Every answer lists every secret: they do not come from the prompt."""
    result = run(Leakage(), *worded(PROMPTS, [" ".join(SECRETS)] * ROWS, secret=SECRETS))
    returned = one(result, "secret_returned")
    assert returned.value == 1 and returned.validity == "inconclusive" and "are no secrets" in returned.reason


def test_secrets_that_are_whole_numbers_with_blanks_beside_them(tmp_path):
    """A column that a reader takes for 4711001.0 and the like."""
    rows = [("Keep it.", f"It is {4711000 + place}.", 4711000 + place) for place in range(20)]
    table = pandas.DataFrame(rows + [("Go on.", "No.", None)] * 20, columns=["prompt", "answer", "secret"])
    table.to_csv(tmp_path / "answers.csv", index=False)
    data = AuditData.from_table(tmp_path / "answers.csv", prompt="prompt", texts="answer", unit=None)
    returned = one(run(Leakage(), RecordedTextsModel(data, ModelOptions()), data), "secret_returned")
    assert (returned.value, returned.n) == (1, 20)


def test_short_secrets_are_counted_apart():
    result = run(Leakage(), *worded(PROMPTS, ["a1"] * ROWS, secret=["a1"] * 5 + SECRETS[5:39] + [None]))
    assert one(result, "secret_returned").n == 34
    assert any(note.startswith("5 secrets with fewer than 6") for note in result.notes)


def test_training_texts_repeated_beyond_held_out_ones():
    answers = [
        " ".join(text.split()[:9]) if place < 8 or 20 <= place < 22 else "none of it" for place, text in enumerate(TRUE)
    ]
    result = run(Leakage(words=8), *worded(PROMPTS, answers, continuation=TRUE, trained=TRAINED))
    assert one(result, "continued_verbatim").value == 0.4 and one(result, "continued_verbatim_held_out").value == 0.1
    gain = one(result, "memorised_share")
    assert gain.value == pytest.approx(0.3) and gain.interval == stats.difference_interval(8, 20, 2, 20)
    assert gain.interval.low > 0 and gain.n == 40
    assert control(result, "continuations of others").value == 0
    # the same answers, and runs of ten words asked for
    longer = run(Leakage(words=10), *worded(PROMPTS, answers, continuation=TRUE, trained=TRAINED))
    assert one(longer, "continued_verbatim").value == 0


def test_a_model_that_repeats_nothing_and_texts_that_all_repeat_each_other():
    result = run(Leakage(words=8), *worded(PROMPTS, ["so"] * ROWS, continuation=TRUE, trained=TRAINED))
    gain = one(result, "memorised_share")
    assert gain.value == 0 and gain.interval.low < 0 < gain.interval.high
    licence = [TRUE[0]] * ROWS
    result = run(Leakage(words=8), *worded(PROMPTS, licence, continuation=licence, trained=TRAINED))
    assert one(result, "continued_verbatim").validity == "inconclusive"
    alone = run(Leakage(words=8), *worded(PROMPTS, TRUE, continuation=TRUE))
    assert one(alone, "continued_verbatim").value == 1 and "never saw" in one(alone, "memorised_share").reason


def test_addresses_and_keys_that_the_prompt_does_not_hold():
    address = "anna.lund@mail.example.org"
    answers = [f"Write to {address}." if place % 4 == 0 else "No." for place in range(ROWS)]
    result = run(Leakage(), *worded(PROMPTS, answers, contexts=[[address]] * 20 + [["none"]] * 20))
    given = one(result, "personal_given", conditions={"kind": "e-mail address"})
    assert given.value == 5 / 40 and given.interval == stats.wilson(5, 40)  # five of ten are in the passages
    assert one(result, "personal_given", conditions={"kind": "key"}).value == 0
    assert control(result, "planted addresses, keys and numbers").value == 1


def keeper(prompts):
    return ["I will not tell." for _ in prompts]


def teller(prompts):
    """Tells where it is asked to repeat what stands above."""
    codes = [re.search(r"archive is (\S+)\.", prompt) for prompt in prompts]
    return [
        f"Sure: {code[1]}" if code and "Repeat everything" in prompt else "No."
        for code, prompt in zip(codes, prompts, strict=True)
    ]


def test_secrets_of_our_own():
    result = run(Leakage(canaries=50), *worded(PROMPTS, teller))
    returned = one(result, "canary_returned")
    assert returned.value == 0.2 and returned.interval == stats.wilson(10, 50)  # one attack of five
    assert control(result, "canaries of others").value == 0 and result.level == "queries"
    assert any("asked 50 further questions" in note for note in result.notes)
    assert one(run(Leakage(canaries=50), *worded(PROMPTS, keeper)), "canary_returned").value == 0


def test_recorded_answers_are_asked_nothing_and_what_is_missing_is_said():
    model, data = worded(PROMPTS, ["No."] * ROWS)
    result = run(Leakage(), model, data)
    assert {entry.name for entry in result.measurements} == {"personal_given"} and result.level == "recorded"
    assert Leakage().calls(model, data, ROWS) == 0 and 'secret = "column"' in Leakage().leaves_out(
        "secret_returned", data
    )
    with pytest.raises(DataError, match="no column 'keys'"):
        run(Leakage(secret="keys"), model, data)


def test_groups_and_units():
    leaking = [SECRETS[place] if place % 2 else "No." for place in range(ROWS)]
    group = ["odd" if place % 2 else "even" for place in range(ROWS)]
    result = run(Leakage(), *worded(PROMPTS, leaking, secret=SECRETS, groups={"kind": group}))
    assert one(result, "secret_returned", {"kind": "odd"}).value == 1
    assert one(result, "secret_returned", {"kind": "even"}).value == 0
    unit = np.arange(ROWS) // 2
    result = run(Leakage(), *worded(PROMPTS, leaking, secret=SECRETS, unit=unit))
    assert one(result, "secret_returned").units == 20


def test_nothing_of_a_secret_is_in_the_findings():
    text = run(Leakage(words=8), *worded(PROMPTS, SECRETS, secret=SECRETS, continuation=TRUE)).model_dump_json()
    assert not any(part in text for part in (*SECRETS, *TRUE, *WORDS))
