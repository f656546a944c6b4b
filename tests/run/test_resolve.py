"""Limits and waivers held against what there is, before the model is asked anything."""

from __future__ import annotations

import dataclasses
import datetime
import re

import pytest

import auditkit
from auditkit.checks import Check, Findings
from auditkit.config import parse
from auditkit.data import AuditData
from auditkit.decorator import check
from auditkit.errors import ConfigError, Mend, PluginError
from auditkit.host import Host
from auditkit.models import Answers, Capability
from auditkit.results import Definition, Limit, Measurement, Waiver
from auditkit.results.value_range import ends
from auditkit.run.audit import audit_one, audit_several, plan_only
from auditkit.run.context import AuditContext
from auditkit.run.plan import configured
from auditkit.run.request import Request, make_request
from auditkit.run.resolve import Asked
from auditkit.run.settle import settled
from auditkit.settings import Settings
from auditkit.testing import ToyModel, toy_data


@check("acme.share")
def share(predictions):
    """How many are decided positive, by two names?"""
    return {"shares": float(predictions.selected.mean()), "other": 0.5}


class Declaring(Check):
    """How far is it?"""

    id = "acme.declaring"
    definitions = {"distance": Definition(title="Distance", formula="f", range="r")}
    conditions = frozenset({"radius"})

    def measure(self, model, data, context):
        return Findings([Measurement(name="distance", value=1.0, exact=True, slice={"language": "de"})])


OBJECTS = (share.check(), Declaring())
HOST = Host()


def settle(
    *limits,
    checks=("performance", "fairness.groups", "fairness.slices", *OBJECTS),
    train=(),
    host=HOST,
    data=None,
    **more,
):
    resolved = [Limit(**{"name": f"l{at}", "at_least": 0.1, **fields}) for at, fields in enumerate(limits)]
    request = Request(checks=checks, limits=resolved, **more)
    context = AuditContext(host, data or toy_data(20), request, train=[{"trainer": id} for id in train])
    return settled(context).request.limits


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"measurement": "performance.quality.acuracy"}, "no measurement 'acuracy'; did you mean 'accuracy'"),
        ({"measurement": "performance.quality.speed"}, "performance.quality has no measurement 'speed'"),
        ({"measurement": "performance.qualty.accuracy"}, "did you mean 'performance.quality.accuracy'"),
        ({"measurement": "performance.qualty"}, "did you mean 'performance.quality'"),
        ({"measurement": "performance.quality.ACCURACY"}, "did you mean 'accuracy'"),
        ({"measurement": "log_loss"}, "the name of its check is missing; write 'performance.quality.log_loss'"),
        ({"measurement": "quality.auc"}, "write 'performance.quality.auc'"),
        (
            {"measurement": "fairness.groups.equalized_odds"},
            "did you mean 'equalized_odds_difference' or 'equalized_odds_ratio'?",
        ),
        ({"measurement": "no.such.thing"}, "no check measures 'no.such.thing'; known: "),
        ({"measurement": "robustness.evasion.robust_accuracy"}, "checks leaves it out"),
        ({"measurement": "fairness.adverse_impact.impact_ratio"}, "it runs only where it is named"),
        ({"measurement": "train.dp-sgd.epsilon"}, "no [[train]] asks for that trainer"),
        ({"measurement": "train.dpsgd.epsilon"}, "did you mean 'train.dp-sgd"),
        ({"measurement": "performance.quality.accuracy", "slice": {"sx": "male"}}, "did you mean 'sex'"),
        ({"measurement": "performance.quality.accuracy", "slice": {"shoes": "41"}}, "no group column of the data"),
        ({"measurement": "performance.quality.accuracy", "slice": {"sex": "mal"}}, "did you mean 'male'"),
        (
            {"measurement": "fairness.groups.demographic_parity_ratio", "across": ("sex", "regio")},
            "did you mean 'region'",
        ),
        (
            {"measurement": "fairness.groups.demographic_parity_ratio", "slice": {"sex": "male"}},
            'no number is about one; write across = ["sex"]',
        ),
        (
            {"measurement": "fairness.groups.demographic_parity_ratio", "across": ("sex", "region", "sex")},
            "across names 'sex' more than once; name every attribute once",
        ),
        ({"measurement": "performance.quality"}, "26 measurements; name one of them: performance.quality.accuracy, or"),
        ({"measurement": "fairness.groups"}, "name one of them: fairness.groups.selection_rate"),
        (
            {"measurement": "fairness.groups.selection_rate", "across": ("sex",)},
            'no comparison of groups; write slice for one group, or groups = "each", in place of across',
        ),
        ({"measurement": "fairness.slices.slice_error", "across": ("sex",)}, "take away across"),
        ({"measurement": "performance.quality.majority_accuracy", "across": ("sex",)}, "take away across"),
        (
            {"measurement": "performance.quality.majority_accuracy", "slice": {"sex": "male"}},
            "is measured for everyone alone; take slice away",
        ),
        ({"measurement": "performance.quality.majority_accuracy", "groups": "each"}, "take groups away"),
        ({"measurement": "fairness.groups.burden_ratio"}, 'write outcome = "burden" under [data]'),
        ({"measurement": "fairness.groups.treatment_equality_ratio"}, '"treatment_equality"] under [checks.'),
        ({"measurement": "fairness.groups.f1"}, 'write measures = ["selection_rate", '),
        ({"measurement": "fairness.groups.f1"}, '"f1"] under [checks."fairness.groups"]'),
        ({"measurement": "fairness.groups.selection_rate", "conditions": {"class": "a"}}, "take it out of conditions"),
        ({"measurement": "fairness.groups.conditional_demographic_disparity"}, 'write given = ["COLUMN"]'),
        (
            {"measurement": "fairness.groups.demographic_parity_ratio_to_reference", "across": ("sex",)},
            'write reference = { sex = "GROUP" } under [data]',
        ),
        ({"measurement": "performance.quality.r_squared"}, "is not measured of a binary task; there is: accuracy, "),
        ({"measurement": "fairness.slices.slice_selection"}, 'write of = "selection"'),
        ({"measurement": "fairness.slices.slice_gap", "everyone": True}, "measured for groups alone"),
        ({"measurement": "fairness.slices.slice_gap", "conditions": {"epsilon": 1}}, "under no condition 'epsilon'"),
        (
            {"measurement": "performance.quality.accuracy", "slice": {"sex": "male", "region": "north"}},
            "about 2 attributes together, and performance.quality looks at 1; name 1 of them",
        ),
        ({"measurement": "performance.quality.accuracy", "conditions": {"epsilon": 0.1}}, "no condition 'epsilon'"),
        ({"measurement": "fairness.groups.selection_rate", "conditions": {"clas": "a"}}, "did you mean 'class'"),
        (
            {"measurement": "performance.quality.accuracy", "at_least": 80},
            "at_least = 80 is outside of what performance.quality.accuracy can be (0 to 1); write at_least = 0.8 under "
            "[[limits]]",
        ),
        (
            {"measurement": "fairness.groups.demographic_parity_difference", "at_most": 12.5},
            "at_most = 12.5 is outside of what fairness.groups.demographic_parity_difference can be (0 to 1); write "
            "at_most = 0.125 under [[limits]]",
        ),
        ({"measurement": "performance.quality.auc", "at_least": 1.5}, "write a number in that range, or take at_least"),
        ({"measurement": "performance.quality.log_loss", "at_most": 80}, "can be (0 to 36); write a number in that"),
        (
            {"measurement": "fairness.groups.demographic_parity_difference", "at_least": -0.1, "at_most": 0.1},
            "can be (0 to 1); write a number in that range, or take at_least away",
        ),
        (
            {"measurement": "fairness.slices.confirmed_slices", "at_least": -1},
            "can be (0 to k); write a number in that",
        ),
        ({"measurement": "acme.declaring.distnce"}, "did you mean 'distance'"),
        ({"measurement": "acme.declaring.distance", "conditions": {"radios": 1}}, "did you mean 'radius'"),
        ({"measurement": "acme.declaring.distance", "across": ("sexx",)}, "did you mean 'sex'"),
    ],
)
def test_a_name_that_nobody_offers_is_a_configuration_error(fields, message):
    with pytest.raises(ConfigError) as error:
        settle(fields)
    assert message in str(error.value) and "limit 'l0'" in str(error.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"measurement": "acme.share"},
        {"measurement": "acme.share", "at_least": 80},  # nobody said between which ends it lies
        {"measurement": "performance.quality.accuracy", "at_least": 0.0, "at_most": 1.0},
        {"measurement": "fairness.groups.selection_rate", "slice": {"sex": "male", "region": "north"}},
        {"measurement": "fairness.groups.equalized_odds_ratio_large_groups", "across": ("sex", "region")},
        {"measurement": "fairness.groups.demographic_parity_ratio", "everyone": True},
        {"measurement": "fairness.slices.slice_error", "slice": {"housing": "own"}},  # features, no groups
        {"measurement": "acme.share.shares"},  # a function may return more than is declared for it
        {"measurement": "acme.declaring.another"},  # and so may a check of a plugin
        {"measurement": "acme.declaring.distance", "slice": {"language": "de"}},  # of slices of its own
    ],
)
def test_what_is_offered_or_cannot_be_known_yet_is_left_to_the_run(fields):
    assert settle(fields)


def test_what_settings_and_data_leave_out_is_offered_again_where_they_ask_for_it():
    burden = dataclasses.replace(toy_data(20), outcome="burden", reference={"sex": "male"})
    ratio = {"measurement": "fairness.groups.burden_ratio"}
    beside = {"measurement": "fairness.groups.demographic_parity_ratio_to_reference", "across": ("sex",)}
    assert settle(ratio, beside, data=burden)
    with pytest.raises(ConfigError, match=r'reference = \{ region = "GROUP" \}'):
        settle({**beside, "across": ("region",)}, data=burden)
    with pytest.raises(ConfigError, match='outcome = "burden"'):
        settle(ratio, data=dataclasses.replace(burden, outcome="benefit"))
    parameters = {"fairness.groups": {"measures": ["treatment_equality"]}}
    assert settle({"measurement": "fairness.groups.treatment_equality_ratio"}, parameters=parameters)
    with pytest.raises(ConfigError, match=r'measures = ."treatment_equality", "demographic_parity".'):
        settle(beside | {"measurement": "fairness.groups.demographic_parity_ratio"}, parameters=parameters)
    conditional = {"fairness.groups": {"given": ["housing"]}}
    assert settle({"measurement": "fairness.groups.conditional_demographic_disparity"}, parameters=conditional)
    both = {"measurement": "fairness.groups.demographic_parity_ratio", "across": ("sex", "region")}
    assert settle(both)
    with pytest.raises(ConfigError, match="write intersections = 2 under"):
        settle(both, budget="quick")


def test_a_bound_of_predicted_numbers_may_be_any_that_they_can_be():
    gap = {"measurement": "fairness.slices.slice_gap", "at_most": 80}
    with pytest.raises(ConfigError, match=re.escape("write at_most = 0.8 under [[limits]]")) as refused:
        settle(gap)
    assert refused.value.mend == (Mend("limits.at_most", 0.8),)
    numbers = AuditData.from_table({"age": list(range(40)), "pay": [0.5 * at for at in range(40)]}, label="pay")
    assert settle(gap, data=numbers, checks=["fairness.slices"])
    epochs = {"measurement": "train.dp-sgd.epsilon", "at_most": -3}
    with pytest.raises(ConfigError, match="at_most = -3 is outside of what train"):
        settle({**epochs, "at_least": None}, train=["dp-sgd"])


AT_ANOTHER = [
    (
        "robustness.evasion.robust_accuracy",
        {"conditions": {"epsilon": 0.03}},
        "not measured at epsilon = 0.03, but at 0.02, 0.05, 0.1, 0.2; write epsilons = [0.02, 0.03, 0.05, 0.1, 0.2]",
    ),
    (
        "robustness.evasion.robust_accuracy",
        {"conditions": {"epsilon": 0.1}, "groups": "each"},
        'but at 0.05; write group_epsilon = 0.1 under [checks."robustness.evasion"]',
    ),
    ("robustness.evasion.robust_accuracy", {"conditions": {"norm": "L2"}}, "but at 'Linf', 'L2 scaled'; write norm ="),
    ("robustness.evasion.clean_accuracy", {"conditions": {"epsilon": 0.1}}, "at no epsilon; take it out of conditions"),
    ("robustness.changes.withstanding_share", {"conditions": {"cost": 0.3}}, "write within = [0.05, 0.1, 0.25, 0.3, "),
    ("robustness.changes.flip_toward", {"conditions": {"cost": 1.0}, "slice": {"sex": "male"}}, "write group_cost = 1"),
    ("robustness.corruptions.accuracy", {"conditions": {"corruption": "fog"}}, "is not measured at corruption = 'fog'"),
    ("robustness.corruptions.accuracy_drop", {"conditions": {"severity": 5}}, "at severity = 5, but at 3"),
    ("robustness.library.robust_accuracy", {"conditions": {"norm": "L2"}}, 'write norm = "L2" under'),
    ("robustness.certificates.certified_accuracy", {"conditions": {"epsilon": 0.1}}, "0.02, 0.05, 0.1] under"),
    ("robustness.certificates.smoothed_certified_accuracy", {"conditions": {"sigma": 1}}, "write sigma = 1 under"),
    ("data.integrity.missing_share", {"conditions": {"feature": "ag"}}, "did you mean 'age'"),
    ("explanations.importance.mean_abs_attribution", {"conditions": {"feature": "ag"}}, "did you mean 'age'"),
    ("fairness.ranking.top_k_share", {"conditions": {"k": 20}}, "at k = 20, but at 10, '0.1 of the list'"),
    ("fairness.ranking.exposure", {"conditions": {"k": 10}}, "is measured at no k"),
]


@pytest.mark.parametrize(("measurement", "more", "message"), AT_ANOTHER)
def test_a_condition_that_is_not_tried_is_an_error_that_says_what_is(measurement, more, message):
    with pytest.raises(ConfigError) as error:
        settle({"measurement": measurement, **more}, checks=(measurement.rpartition(".")[0],))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("measurement", "more"),
    [
        ("robustness.evasion.robust_accuracy", {"conditions": {"epsilon": 0.1, "norm": "L2 scaled"}}),
        ("robustness.evasion.robust_accuracy_difference", {"conditions": {"epsilon": 0.05}, "across": ("sex",)}),
        ("robustness.changes.withstanding_share", {"conditions": {"cost": 1}}),
        ("robustness.corruptions.worst_accuracy", {"conditions": {"severity": 5}}),
        ("robustness.certificates.smoothed_certified_accuracy", {"conditions": {"radius": 0.0}}),
        ("data.integrity.missing_share", {"conditions": {"feature": "age"}}),
    ],
)
def test_a_condition_that_is_tried_is_settled(measurement, more):
    assert settle({"measurement": measurement, **more}, checks=(measurement.rpartition(".")[0],))


def test_what_checks_measure_is_at_the_values_that_they_declare():
    families = (
        "data",
        "fairness.groups",
        "fairness.ranking",
        "explanations.importance",
        "robustness.evasion",
        "robustness.changes",
        "robustness.corruptions",
    )
    host, request = Host(), make_request(checks=families, budget="quick")
    data = toy_data()
    result = audit_one(AuditContext(host, data, request), ToyModel())
    for check_result in result.results:
        check = configured(host.checks()[check_result.check].value, "quick", {})
        for number in check_result.measurements:
            known = check.measured_at(number.name, data, bool(number.slice or number.across))
            for condition, value in number.conditions.items():
                assert condition not in known or value in known[condition].values, (number.name, condition, value)


def test_a_limit_on_scores_of_a_model_that_gives_none_is_an_error_before_anything_is_measured():
    data, limit = toy_data(20), {"measurement": "performance.quality.auc", "at_least": 0.5}
    decided = auditkit.data.AuditData(data.inputs, data.labels, recorded=(data.labels, None), positive=data.positive)
    with pytest.raises(
        ConfigError, match=r"performance\.quality\.auc needs scores, which this recorded model does not"
    ):
        auditkit.audit(None, decided, checks=["performance.quality"], limits=[limit])


def test_the_way_out_of_a_plugin_that_fails_at_it_is_a_sentence():
    class Faulty(Declaring):
        def leaves_out(self, name, data):
            raise ZeroDivisionError("no")

    with pytest.raises(PluginError, match=r"acme\.declaring: leaves_out must say why"):
        settle({"measurement": "acme.declaring.distance"}, checks=[Faulty()])


def test_scope_is_no_setting():
    limit = {"measurement": "performance.quality.accuracy", "at_least": 0.5, "scope": "women"}
    with pytest.raises(ConfigError, match=r"scope is no setting of a limit: the plan writes it.*'women' was given"):
        make_request(limits=[limit])
    with pytest.raises(ConfigError, match="scope is no setting of a limit"):
        parse(Settings, {"data": {"path": "x.csv"}, "limits": [limit]}, "auditkit.toml")


def test_a_limit_on_a_check_that_only_leaves_out_says_so():
    limit = {"measurement": "performance.quality.accuracy", "at_least": 0.1}
    host, request = (
        Host(),
        make_request(checks=["performance.quality", "data"], only=["data"], limits=[limit], budget="quick"),
    )
    verdict = audit_one(AuditContext(host, toy_data(40), request), ToyModel()).verdicts[0]
    assert verdict.status == "not tested"
    assert verdict.reason == "--only leaves out the check performance.quality this time"


def test_every_wrong_limit_is_named_at_once():
    with pytest.raises(ConfigError, match=r"(?s)limit 'l0'.*\n.*limit 'l1'"):
        settle({"measurement": "a.b"}, {"measurement": "c.d"})


def test_an_account_of_training_may_be_limited_where_it_is_asked_for():
    assert settle({"measurement": "train.dp-sgd.epsilon", "at_most": 3}, train=["dp-sgd"])
    with pytest.raises(ConfigError, match="did you mean 'epsilon'"):
        settle({"measurement": "train.dp-sgd.epsilonn"}, train=["dp-sgd"])


def test_what_only_leaves_out_is_not_tested_and_no_error():
    limit = {"name": "l", "measurement": "performance.quality.accuracy", "at_least": 0.1}
    assert settle(limit, only=("fairness.groups",))
    with pytest.raises(ConfigError, match="checks leaves it out"):
        settle(limit, checks=("fairness",), only=("fairness.groups",))


def test_what_a_failed_plugin_would_have_offered_nobody_knows(tmp_path):
    (tmp_path / "broken.py").write_text("raise RuntimeError('boom')")
    assert settle({"measurement": "broken.check.number"}, host=Host([tmp_path / "broken.py"]))


def test_the_model_is_not_asked_before_the_limits_are_right():
    class Deaf(ToyModel):
        def answer(self, inputs):
            raise AssertionError("the model was asked")

    wrong = Request(limits=[Limit(name="l", measurement="performance.quality.acuracy", at_least=1)])
    waiver = Waiver(limit="m", reason="r", approver="a", expires=datetime.date(2030, 1, 1))
    unknown = Request(limits=[Limit(measurement="performance.quality.accuracy", at_least=1)], waivers=[waiver])
    for request in (wrong, unknown):
        context = AuditContext(HOST, toy_data(20), request)
        with pytest.raises(ConfigError, match=r"did you mean|is not the name of a limit"):
            plan_only(context, Deaf())
        with pytest.raises(ConfigError, match=r"did you mean|is not the name of a limit"):
            audit_several(context, [Deaf()])


def test_the_plan_says_whom_each_limit_is_about():
    request = Request(
        checks=("performance", "fairness.groups"),
        limits=[
            Limit(measurement="performance.quality.accuracy", at_least=0.1),
            Limit(measurement="performance.quality.accuracy", groups="each", at_least=0.1),
            Limit(measurement="performance.quality.accuracy", slice={"sex": "male"}, at_least=0.1),
            Limit(measurement="fairness.groups.selection_rate", groups="each", at_least=0.1),
            Limit(measurement="fairness.groups.demographic_parity_ratio", across=("sex",), at_least=0.1),
        ],
    )
    plan, _ = plan_only(AuditContext(HOST, toy_data(20), request), ToyModel())
    assert [limit.scope for limit in plan.limits] == [
        "everyone", "everyone and 4 groups", "sex=male", "everyone and 4 groups and their intersections", "over sex",
    ]  # fmt: skip
    assert plan.notes == (
        "One limit is about everyone only, also where groups are measured: performance.quality.accuracy. "
        'To judge every group too, write groups = "each".',
    )
    assert plan.limits[0].name == "performance.quality.accuracy"


def test_a_number_of_groups_alone_is_about_all_of_them():
    limit = {"measurement": "fairness.adverse_impact.impact_ratio"}
    assert settle(limit, checks=("fairness.adverse_impact",))[0].scope == "4 groups"
    burden = dataclasses.replace(toy_data(20), outcome="burden")
    assert settle({"measurement": "fairness.groups.burden_ratio"}, data=burden)[0].scope.startswith("4 groups")
    assert settle({"measurement": "data.integrity.proxy_auc"}, checks=("data",))[0].scope == "every attribute"
    ranking = {"measurement": "fairness.ranking.ndkl"}
    assert settle(ranking, checks=("fairness.ranking",))[0].scope == "every attribute"
    assert settle({"measurement": "fairness.slices.slice_gap"})[0].scope == "every group"


def test_what_is_measured_for_everyone_and_what_for_groups_alone_is_declared():
    families = ("performance", "data", "fairness", "fairness.ranking")
    result = auditkit.audit(ToyModel(), toy_data(), checks=families, budget="quick")
    for check_result in result.results:
        for name, definition in check_result.definitions.items():
            numbers = [number for number in check_result.measurements if number.name == name]
            everyone = any(not number.slice and not number.across for number in numbers)
            assert not (everyone and definition.only_groups), (check_result.check, name)
            alone = definition.only_groups or definition.more_groups != "neither"
            alone = alone or name == "flip_rate"  # of a whole attribute it is about everyone, whose value is changed
            assert everyone or alone or not numbers, (check_result.check, name)


def test_built_in_checks_declare_what_they_measure():
    kinds = {id: offer.value for id, offer in HOST.checks().items()}
    families = ("performance", "data", "fairness", "privacy", "robustness.changes", "robustness.corruptions")
    result = auditkit.audit(ToyModel(), toy_data(), checks=families, budget="quick")
    assert {check_result.status for check_result in result.results} >= {"measured"}
    for check_result in result.results:
        kind, names = kinds[check_result.check], {measurement.name for measurement in check_result.measurements}
        assert names <= set(kind.definitions), check_result.check
        used = {name for measurement in check_result.measurements for name in measurement.conditions}
        assert kind.conditions is None or used <= kind.conditions, check_result.check
        for name in names:
            sliced = [
                bool(measurement.slice or measurement.across)
                for measurement in check_result.measurements
                if measurement.name == name
            ]
            assert not kind.definitions[name].only_groups or all(sliced), name
        for name in names if not kind.own_slices else ():
            numbers = [measurement for measurement in check_result.measurements if measurement.name == name]
            over = any(number.across for number in numbers)
            limit = Limit(name="any", measurement=f"{check_result.check}.{name}", at_least=0.0)
            assert over == Asked(limit, name, kind, 1).compares, (check_result.check, name)
            of_groups = any(number.slice for number in numbers) or name == "flip_rate"  # no group is among its inputs
            assert of_groups == (name in (kind.for_groups or ())), (check_result.check, name)
        attributes = {
            name for measurement in check_result.measurements for name in (*measurement.slice, *measurement.across)
        }
        assert kind.own_slices or attributes <= {"sex", "region"}, check_result.check
        assert {name for touched in kind.touches.values() for name in touched} <= set(kind.definitions)
        assert set(kind.touches) <= set(kind.model_fields)
        for measurement in check_result.measurements:
            low, high = ends(kind.definitions[measurement.name].range)
            assert low <= (low if measurement.value is None else measurement.value) <= high, (
                check_result.check,
                measurement.name,
            )


def test_every_group_is_asked_for_where_there_is_none():
    data = dataclasses.replace(toy_data(20), groups={})
    with pytest.raises(ConfigError, match="the data names none; name group columns"):
        settle(
            {"measurement": "performance.quality.accuracy", "groups": "each"}, checks=["performance.quality"], data=data
        )


def test_one_thing_in_place_of_a_list_is_taken_as_one():
    limit = {"measurement": "performance.quality.accuracy", "at_least": 0.5}
    request = make_request(checks="performance", rules="four-fifths", formats="pdf", limits=limit)
    assert (request.checks, request.rules, request.formats) == (("performance",), ("four-fifths",), ("pdf",))
    assert [asked_limit.measurement for asked_limit in request.limits] == ["performance.quality.accuracy"]
    for name in ("limits", "waivers"):
        with pytest.raises(ConfigError, match=f"{name} must hold mappings.*'x' was given"):
            make_request(**{name: ["x"]})


def test_of_several_models_the_one_that_lacks_what_a_limit_needs_says_so():
    class Labels(ToyModel):
        capabilities = frozenset({Capability.QUERIES})

        def answer(self, inputs):
            return Answers(super().answer(inputs).labels)

    deciding = Labels()
    deciding.name = "deciding"
    limits = [
        {"name": "auc", "measurement": "performance.quality.auc", "at_least": 0.1},
        {"name": "accuracy", "measurement": "performance.quality.accuracy", "at_least": 0.1},
    ]
    comparison = auditkit.compare([ToyModel(), deciding], toy_data(), checks=["performance.quality"], limits=limits)
    scored, labelled = comparison.results
    assert [verdict.status for verdict in scored.verdicts] == ["met", "met"]
    assert [verdict.status for verdict in labelled.verdicts] == ["not tested", "met"]
    why = "performance.quality.auc needs scores, which this toy model does not give"
    assert (
        labelled.verdicts[0].reason == why
        and labelled.outcome.reasons == (f"auc: {why}",)
        and comparison.exit_code == 3
    )
    with pytest.raises(ConfigError, match=why):
        auditkit.audit(Labels(), toy_data(), checks=["performance.quality"], limits=limits)
