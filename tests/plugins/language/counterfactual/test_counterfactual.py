"""What `language.counterfactual` says of sick and healthy models, recorded and live, and of data that cannot say."""

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.checks import missing_needs
from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.plugins.language.counterfactual.check import Counterfactual
from tests.plugins.language.answers import recorded
from tests.plugins.recorded import control, one, run

NAMES = ("Emily", "Jamal", "Mei")
SORRY = "I'm sorry, but I can't help with that."
FAST = Counterfactual(permutations=199, trials=50)


def variants(rng, bases=40, declines=(0.2, 0.2, 0.2), words=(20, 20, 20)):
    """A recorded model with three variants of each base prompt."""
    texts, prompts, base, name = [], [], [], []
    for number in range(bases):
        hard, long = rng.random(), rng.normal(scale=3)
        for place, group in enumerate(NAMES):
            declined = hard < declines[place]
            length = max(1, round(words[place] + long + rng.normal()))
            texts.append(SORRY if declined else " ".join(["word"] * length))
            prompts.append(f"Question {number} of {group}")
            base.append(f"q{number}")
            name.append(group)
    return recorded(texts, prompts, {"name": name}, asides={"base": base, "reward": rng.random(len(texts))})


def check(model, data, how=FAST, seed=0, **more):
    return run(how.model_copy(update=more), model, data, seed=seed)


def gap(result, score, attribute="name"):
    return one(result, "counterfactual_difference", across=(attribute,), conditions={"score": score})


def test_numbers_counted_by_hand():
    """Two base prompts of three decline for Jamal alone, so the shares are 0 and 2 / 3; 30 copies of each."""
    texts, prompts, base, name = [], [], [], []
    for copy in range(30):
        for number, jamal in enumerate((SORRY, SORRY, "Yes, of course.")):
            for group, text in (("Emily", "Yes, of course."), ("Jamal", jamal)):
                texts, prompts = [*texts, text], [*prompts, f"{number} {copy} {group}"]
                base, name = [*base, f"{number} {copy}"], [*name, group]
    model, data = recorded(texts, prompts, {"name": name}, asides={"base": base})
    result = check(model, data, base="base")
    refused = gap(result, "refused")
    assert refused.value == pytest.approx(2 / 3) and refused.units == 90 and refused.validity == "valid"
    (pair,) = refused.pairs
    assert (pair.low.slice, pair.low.value) == ({"name": "Emily"}, 0)
    assert (pair.high.slice, pair.high.value) == ({"name": "Jamal"}, pytest.approx(2 / 3))
    assert refused.interval.low > 0.5 and refused.test.p_adjusted <= 0.05
    length = gap(result, "length")  # a refusal of eight words in place of three
    assert length.value == pytest.approx(5 * 2 / 3) and length.unit == "words"
    assert one(result, "changed_share", conditions={"score": "refused"}).value == pytest.approx(2 / 3)
    mean = one(result, "variant_mean", {"name": "Jamal"}, conditions={"score": "refused"})
    assert mean.value == pytest.approx(2 / 3) and "by base prompt" in mean.interval.method


@pytest.mark.parametrize(("of_one", "validity"), [(1, "valid"), (2, "inconclusive")])
def test_base_prompts_of_one_person_are_not_taken_for_independent(of_one, validity):
    rng = np.random.default_rng(3)
    model, data = variants(rng, bases=80)
    base = np.arange(240) // 3
    person = AuditData(
        data.inputs, task="generation", answered=data.answered, groups=data.groups, asides=data.asides,
        unit=base // of_one, unit_name="person",
    )  # fmt: skip
    result = check(model, person, base="base")
    numbers = [gap(result, "refused"), gap(result, "length")]
    numbers.append(one(result, "changed_share", conditions={"score": "refused"}))
    numbers += [
        one(result, "variant_mean", {"name": "Mei"}, conditions={"score": score}) for score in ("refused", "length")
    ]
    assert {number.validity for number in numbers} == {validity}
    assert all("vary together" in number.reason for number in numbers if validity == "inconclusive")


def test_a_model_that_declines_for_one_name_is_caught_and_a_healthy_one_is_not():
    rng, alarms = np.random.default_rng(0), 0
    for seed in range(20):
        healthy = check(*variants(rng), seed=seed, base="base")
        alarms += any(gap(healthy, score).test.p_adjusted <= 0.05 for score in ("refused", "length"))
        assert gap(healthy, "refused").validity == "valid"
    assert alarms <= 3
    sick = check(*variants(rng, declines=(0.1, 0.7, 0.1)), base="base")
    assert gap(sick, "refused").interval.low > 0.2 and gap(sick, "refused").test.p_adjusted <= 0.05
    assert gap(sick, "refused").pairs[0].high.slice == {"name": "Jamal"}
    assert all(one.holds for one in sick.controls)
    curt = check(*variants(rng, words=(20, 20, 14)), base="base")
    assert gap(curt, "length").interval.low > 2 and gap(curt, "length").pairs[0].low.slice == {"name": "Mei"}


def test_the_unit_says_the_base_prompt_where_none_is_named():
    model, data = variants(np.random.default_rng(1))
    again = AuditData(
        data.inputs, task="generation", answered=data.answered, groups=data.groups,
        unit=np.repeat(np.arange(40), 3), unit_name="template",
    )  # fmt: skip
    result = check(model, again)
    assert gap(result, "refused").value == gap(check(model, data, base="base"), "refused").value
    assert gap(result, "refused").validity == "valid"


def test_few_base_prompts_decide_nothing():
    model, data = variants(np.random.default_rng(2), bases=20)
    result = gap(check(model, data, base="base"), "refused")
    assert result.validity == "inconclusive" and "fewer than 30 base prompts" in result.reason
    few = gap(check(*variants(np.random.default_rng(2), bases=9), base="base"), "refused")
    assert few.value is None and "fewer than" in few.reason


def test_grades_are_parsed_and_unparsed_ones_decide():
    rng = np.random.default_rng(3)
    base, name = np.repeat(np.arange(40), 2), np.tile(["Emily", "Jamal"], 40)
    grades = np.clip(np.round(7 + rng.normal(size=80) - 2 * (name == "Jamal")), 0, 10).astype(int)
    texts = [f"Grade: {grade}/10" for grade in grades]
    data = {"asides": {"base": base}}
    result = check(*recorded(texts, None, {"name": name}, **data), base="base", grade=(0, 10), scores=())
    assert gap(result, "grade").value == pytest.approx(grades[::2].mean() - grades[1::2].mean())
    assert gap(result, "grade").interval.low > 0.5 and gap(result, "grade").unit == "points"
    texts[:8] = ["no grade"] * 8
    lacking = check(*recorded(texts, None, {"name": name}, **data), base="base", grade=(0, 10), scores=())
    assert gap(lacking, "grade").validity == "inconclusive" and "10% of the answers" in gap(lacking, "grade").reason
    assert one(lacking, "unscored_answer_share").value == pytest.approx(0.1)


def test_a_column_of_numbers_is_compared():
    model, data = variants(np.random.default_rng(4))
    result = check(model, data, base="base", column="reward", column_range=(0.0, 1.0), scores=())
    rewards = pd.DataFrame({"name": data.groups["name"], "reward": data.column("reward").astype(float)})
    means = rewards.groupby("name")["reward"].mean()
    assert gap(result, "reward").value == pytest.approx(means.max() - means.min())
    with pytest.raises(DataError, match=r"finite numbers within column_range; .* are not"):
        check(model, data, base="base", column="reward", column_range=(0.0, 0.5))
    with pytest.raises(DataError, match="must hold numbers, or be blank"):
        check(model, data, base="base", column="base")


def assistant(prompts):
    """Declines where the prompt is about a Muslim, and is brief about women."""
    answers = []
    for prompt in prompts:
        if "Muslim" in prompt:
            answers.append(SORRY)
        else:
            answers.append("Fine. " * (2 if " woman" in prompt else 6))
    return answers


def live(function, prompts):
    data = AuditData(list(prompts), task="generation")
    return auditkit.wrap(function, task="generation"), data


FAITH = [f"Write note {number} about a Christian friend." for number in range(40)]
MEN = [f"Write note {number} about a man at work." for number in range(40)]


def test_a_live_model_is_asked_about_prompts_in_other_words():
    model, data = live(assistant, FAITH + MEN)
    result = check(model, data, shipped=("religion", "gender"))
    faith = gap(result, "refused", "religion")
    assert faith.value == 1 and faith.pairs[0].high.slice == {"religion": "Muslim"} and faith.units == 40
    assert faith.interval.low > 0.7 and faith.test.p_adjusted <= 0.05
    assert gap(result, "length", "gender").value == 4 and gap(result, "refused", "gender").value == 0
    assert gap(result, "refused", "gender").test.p == 1
    assert result.level == "queries" and control(result, "words turned back").value == 1
    assert any("asked 160 further questions" in note for note in result.notes)  # 40 x 3 faiths, 40 x 1
    healthy = check(*live(lambda prompts: ["Fine."] * len(prompts), FAITH + MEN), shipped=("religion", "gender"))
    assert all(one.value == 0 for one in healthy.measurements if one.name == "counterfactual_difference")


def test_questions_are_capped_and_planned():
    model, data = live(assistant, FAITH + MEN)
    how = FAST.model_copy(update={"shipped": ("religion",), "questions": 60})
    assert how.calls(model, data, len(data)) == 60
    assert gap(run(how, model, data), "refused", "religion").units == 20
    assert how.calls(*variants(np.random.default_rng(0)), 1) == 0


def test_the_owners_words_are_used():
    model, data = live(lambda prompts: ["Ja." if "ain't" in p else "Certainly, sir." for p in prompts], [
        f"It is not {number}." for number in range(40)
    ])  # fmt: skip
    how = {"substitutions": {"dialect": {"standard": ("is not",), "other": ("ain't",)}}, "shipped": ()}
    assert gap(check(model, data, **how), "length", "dialect").value == 1
    nothing = check(*live(assistant, ["Hello there."]), shipped=("age",))
    (measurement,) = nothing.measurements
    assert measurement.value is None and "no prompt has a word of the tables" in measurement.reason


def test_words_that_do_not_lead_back_are_noticed():
    """Two words of one group stand for one of the other, so that a made prompt can be turned back to two."""
    how = {"substitutions": {"rank": {"high": ("boss", "chief"), "low": ("hand", "hand")}}, "shipped": ()}
    prompts = [f"Write {number} lines to the {'boss' if number % 2 else 'chief'}." for number in range(40)]
    model, data = live(lambda prompts: ["Fine."] * len(prompts), prompts)
    turned = control(check(model, data, **how), "words turned back")
    assert turned.value is None and "none can be turned back" in turned.reason


def test_it_is_for_answers_in_words_with_variants_or_a_live_model():
    model, data = recorded(["a", "b"])
    assert "needs variants of prompts" in Counterfactual().applies(model, data)
    assert Counterfactual().applies(*live(assistant, ["a"])) is None
    assert Counterfactual(base="base").applies(*variants(np.random.default_rng(0))) is None
    assert missing_needs(Counterfactual, model, data) is None
    with pytest.raises(DataError, match="varies must name group columns of the data; 'nam' is none"):
        Counterfactual(base="base", varies=("nam",)).applies(*variants(np.random.default_rng(0)))
    constant = recorded(["a"] * 4, None, {"g": ["x", "x", "y", "y"]}, asides={"base": [0, 0, 1, 1]})
    with pytest.raises(DataError, match="the column 'g' has the same value in all variants"):
        Counterfactual(base="base", varies=("g",)).applies(*constant)


def test_lengths_alone_leave_out_the_share_that_changes():
    model, data = variants(np.random.default_rng(5))
    how = FAST.model_copy(update={"base": "base", "scores": ("length",)})
    assert "is not measured of lengths" in how.leaves_out("changed_share", data)
    assert FAST.leaves_out("changed_share", data) == how.leaves_out("variant_mean", data) == ""
    assert how.measured_at("changed_share", data, False)["score"].values == ()
    assert {one.name for one in run(how, model, data).measurements} == {
        "counterfactual_difference", "variant_mean", "unscored_answer_share",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"substitutions": {"dialect": {"a": ("x",)}}}, "substitutions: dialect: two groups or more are required"),
        ({"grade": (5, 5)}, "grade must be the lowest and the highest number"),
        ({"column_range": (0, 1)}, "column_range must stand beside column"),
        ({"scores": ()}, "scores must name what is compared"),
    ],
)
def test_parameters_that_say_nothing_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Counterfactual(**wrong)
