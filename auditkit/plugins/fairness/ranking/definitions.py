"""What the measurements of fairness of rankings mean."""

from auditkit.plugins.fairness.shared.definitions import define
from auditkit.results import NOBODY, SELECTED_MORE, of_everyone
from auditkit.variants import AMONG_LARGE, defined

EXPOSURE, RELATIVE, TOP, SKEW = "exposure", "relative_exposure", "top_k_share", "skew_at_k"
RATIO, GAP, DIVERGENCE = "exposure_ratio", "top_k_gap", "ndkl"

_SINGH = "Singh and Joachims (2018), Fairness of exposure in rankings, arXiv:1802.07281"
_GEYIK = (
    "Geyik, Ambler and Kenthapudi (2019), Fairness-aware ranking in search and recommendation systems, arXiv:1905.01989"
)
_TIES = "Equal scores share their places evenly, as random order among them does on average."
_NEED = "Equal shares can be wrong, where groups differ in what is ranked."


_DEFINITIONS = {
    EXPOSURE: define(
        "Exposure", "mean over the group's people of 1 / log2(1 + place), then over lists", "0 to 1", "none", "",
        _SINGH, f"Depends on how long the lists are: compare relative exposures. {_TIES}",
        SELECTED_MORE,
    ),
    RELATIVE: define(
        "Relative exposure", "exposure of the group / exposure of everyone in the same list, mean over lists",
        "0 or more; 1: placed like everyone", "none", "", _SINGH,
        f"How attention falls with the place is an assumption. {_NEED} {_TIES}",
        SELECTED_MORE,
    ),
    TOP: define(
        "Share of the top k", "expected people of the group among the first k / k, mean over lists", "0 to 1", "none",
        "share", "interval: Wilson (1927), JASA 22; over many lists: Student (1908), Biometrika 6",
        f"Compare with the group's share of the list (table). {_TIES}",
        NOBODY,
    ),
    SKEW: define(
        "Skew at k", "ln(share of the top k / share of the list)", "any number; 0: as in the list", "none", "nats",
        f"{_GEYIK}, definition 1, natural logarithm",
        f"Undefined where nobody of the group is in the top; then read the share and top_k_gap. {_TIES}",
        SELECTED_MORE,
    ),
    RATIO: define(
        "Exposure ratio", "min over groups / max over groups of the relative exposure", "0 to 1", "higher", "",
        f"{_SINGH}; interval: all pairs of groups at once",
        f"{_NEED} The smallest of many ratios is small by chance in small groups: read the interval and the adjusted "
        "p-value, not the point.",
        SELECTED_MORE,
    ),
    GAP: define(
        "Largest gap between the top k and the list",
        "max over groups of |share of the top k - share of the list|", "0 to 1", "lower", "share",
        f"after {_GEYIK}; interval: all groups at once",
        f"{_NEED} With k = 10 a single person is 10 points: read the interval and the adjusted p-value.",
        NOBODY,
    ),
    DIVERGENCE: define(
        "NDKL: divergence of every top from the list",
        "sum over places i of KL(mix of groups in the first i, mix in the list) / log2(1 + i), over the sum of "
        "1 / log2(1 + i); natural logarithm; mean over lists",
        "0 or more; 0: every top is mixed as the list", "lower", "nats", f"{_GEYIK}, definition 3",
        "Above 0 by chance, and the more so the shorter the list: compare with what chance gives (table). All groups "
        f"make it together; those named have the lowest and the highest relative exposure. {_TIES}",
        NOBODY,
    ),
}  # fmt: skip
# What does not compare groups is about one group, and only groups have it.
_DEFINITIONS = {
    name: definition.model_copy(update={"only_groups": definition.more_groups == "neither"})
    for name, definition in _DEFINITIONS.items()
}
# Who is in the top is decided by another count than the decisions are.
_DEFINITIONS |= {name: _DEFINITIONS[name].model_copy(update={"made_of": "further"}) for name in (TOP, SKEW, GAP)}
_DEFINITIONS |= of_everyone({name: _DEFINITIONS[name] for name in (EXPOSURE, RELATIVE, RATIO, DIVERGENCE)})
DEFINITIONS = {**defined(_DEFINITIONS, [RATIO]), **defined({GAP: _DEFINITIONS[GAP]}, [GAP], [AMONG_LARGE])}
