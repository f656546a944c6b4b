"""Attacks by name: which kind of model each wants, which options it takes, and how it is made."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit.art import quiet, require_art
from auditkit.errors import ConfigError, Mend, Refusal, check_known, closest

KINDS = {"trees": {"ScikitlearnDecisionTreeClassifier"}, "gradients": {"LossGradientsMixin", "ClassGradientsMixin"}}
PLAIN = {"BaseEstimator", "ClassifierMixin", "NeuralNetworkMixin"}
NEED_PROBABILITIES = {"SimBA", "VirtualAdversarialMethod"}
"""Attacks that refuse anything but probabilities."""
RATIO = "difference_logits_ratio"
PARTS = ("AutoProjectedGradientDescent", "DeepFool", "SquareAttack")
"""What AutoAttack is made of, with a loss of its own for the first."""


def attack_class(name: str) -> Any:
    """The class of an attack.

    Raises:
        ConfigError: there is none of this name.
    """
    module = require_art("art.attacks.evasion")
    names = [text for text in dir(module) if inspect.isclass(getattr(module, text))]
    start = "attacks must hold names of classes of art.attacks.evasion;"
    check_known([name], names, ConfigError, lambda name: f"{start} {name!r} is none; ")
    return getattr(module, name)


def kind_of(attack: Any) -> str:
    """`trees`, `gradients`, `answers`, or `other` for what is no classifier of rows."""
    if attack.__name__ == "UniversalPerturbation":
        return "gradients"  # it asks for answers only, and hands over to DeepFool, which does not
    needs = {
        requirement.__name__ for requirement in attack._estimator_requirements or () if inspect.isclass(requirement)
    }
    if needs & KINDS["trees"]:
        return "trees"
    if not needs or needs - PLAIN - KINDS["gradients"]:
        return "other"
    return "gradients" if needs & KINDS["gradients"] else "answers"


def check_options(name: str, attack: Any, options: Mapping[str, Any]) -> None:
    """Refuse options that the attack does not have.

    Raises:
        ConfigError: an option is unknown.
    """
    known_options = set(options_of(attack))
    for option in options:
        if option not in known_options:
            raise ConfigError(
                f"options.{name}: {option!r} is no option of this attack; {closest(option, known_options)}; "
                f"it takes {', '.join(sorted(known_options))}"
            )


def options_of(attack: Any) -> list[str]:
    """The options of an attack."""
    return [parameter for parameter in inspect.signature(attack.__init__).parameters if parameter != "self"][1:]


def unfit(name: str, options: Mapping[str, Any], classes: int) -> Refusal | None:
    """Why an attack cannot be used with so many classes, with the setting that would mend it; None where it can."""
    if classes > 2:
        return None
    why, table = f"the loss {RATIO!r} needs more than 2 classes", 'checks."robustness.library"'
    if options.get("loss_type") == RATIO:
        return Refusal(why, [Mend(f"{table}.options.{name}.loss_type", "cross_entropy")])
    if name == "AutoAttack" and "attacks" not in options:
        return Refusal(f"{why}, and its parts use it", [Mend(f"{table}.attacks", list(PARTS))])
    return None


@dataclass(frozen=True)
class Plan:
    """How an attack is run."""

    name: str
    attack: Any
    kind: str
    options: dict[str, Any]
    norm: str
    epsilons: tuple[float, ...]
    max_queries: int
    seed: int
    tick: Callable[[], None]


def make(plan: Plan, target: Any, epsilon: float | None, features: int) -> Any:
    """The attack, with what the check knows filled in where the user leaves it open.

    Args:
        plan: of the attack.
        target: the estimator that it attacks.
        epsilon: that it is given; None where it looks for the smallest change.
        features: how many may change.
    """
    attack, queries = plan.attack, plan.max_queries
    chosen: dict[str, Any] = {"norm": np.inf if plan.norm == "Linf" else 2, "verbose": False, "targeted": False}
    if epsilon is not None:
        # one step covers epsilon where there is one step only
        chosen |= {"eps": epsilon, "eps_step": epsilon if attack.__name__ == "FastGradientMethod" else epsilon / 4}
    chosen |= {
        "ZooAttack": {
            "use_resize": False,
            "use_importance": False,
            "nb_parallel": min(128, features),
            "max_iter": queries,
        },
        "SquareAttack": {"max_iter": queries},
        "HopSkipJump": {"init_eval": max(1, min(100, queries // 10))},
    }.get(attack.__name__, {})
    known_options = options_of(attack)
    if attack.__name__ == "Wasserstein":
        del chosen["norm"]  # its norms are of transport, and have other names
    arguments = {key: value for key, value in chosen.items() if key in known_options}
    with quiet():
        return attack(target, **(arguments | plan.options))
