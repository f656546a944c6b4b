"""Texts that would do something if an output took them for more than text, and where strangers' texts stand."""

from __future__ import annotations

from tests.reports.test_html_hostile import PAYLOADS as FIRST

MORE = (
    "<ScRiPt>fired()</sCrIpT>",
    "<script\n>fired()</script >",
    "<script/x>fired()</script>",
    "<<script>fired();//<</script>",
    "<svg><script>fired()</script></svg>",
    "<svg><script href='data:,fired()'></script></svg>",
    "<svg><animate onbegin=fired() attributeName=x dur=1s>",
    "<svg><set onbegin=fired() attributeName=x>",
    "<svg><foreignObject><img src=x onerror=fired()></foreignObject></svg>",
    "<svg><style><img src=x onerror=fired()></style></svg>",
    "</desc></title></text></svg><img src=x onerror=fired()>",
    "<img/src='x'/onerror=fired()>",
    "<img src=x onerror\n=\nfired()>",
    "<img src='x' onerror='window&#46;fired=1'>",
    "<img srcset='x 1x' onerror=fired()>",
    "<IMG SRC=x OnErRoR=fired()>",
    "<image src=x onerror=fired()>",
    "<video src=x onerror=fired()></video>",
    "<video><source onerror=fired()></video>",
    "<audio src=x onerror=fired()></audio>",
    "<embed src='data:text/html,x' onload=fired()>",
    "<select autofocus onfocus=fired()></select>",
    "<textarea autofocus onfocus=fired()></textarea>",
    "<div tabindex=0 autofocus onfocus=fired()>x</div>",
    "<style>@keyframes k{}</style><div style='animation:k 1ms' onanimationstart=fired()>x</div>",
    "<style onload=fired()></style>",
    "<link rel=stylesheet href='data:text/css,' onload=fired()>",
    "<iframe onload=fired()></iframe>",
    "<svg><image href=x onerror=fired()></svg>",
    "<noscript><p title='</noscript><img src=x onerror=fired()>'></noscript>",
    "</p></td></tr></table></section></main><img src=x onerror=fired()>",
    "<x\x00y onclick=fired()></x\x00y><img src=x\x0conerror=fired()>",
)
PAYLOADS = (*FIRST, *MORE)
SILENT = (
    "<base", "<link rel=stylesheet href='http", "<meta", "<style>*", "<form", "<a href", "<object", "<template",
    '" autofocus', "' onmouseover",
)  # fmt: skip
"""How payloads begin that run no code by themselves; they would ask for an address, or wait for a click."""

SITES = (
    "data.features.0.name",
    "data.groups.0.value",
    "model.classes.0",
    "model.name",
    "data.name",
    "provenance.plugins.0.name",
    "model.loaded",
    "provenance.plugins.1.error",
    "results.0.measurements.0.unit",
    "card",
    "plan.checks.0.parameters",
    "results.0.figures.0.title",
    "results.0.figures.0.data",
    "limits.0.because",
    "waivers.0.reason",
)
"""A column, a group, a class, a model, a data set, a plugin, a file, an exception, a unit, a tag, a configuration
value, a title, chart labels, a limit's reason, a waiver's reason."""


def armed(payload: str) -> str:
    """The payload with what it does written out: a dialog, another title, a mark on the window."""
    return payload.replace("fired()", "alert(document.title=window.fired=1)").replace(
        "parent.alert(document.title=window.fired=1)", "alert(parent.document.title=parent.fired=1)"
    )


def at(tree: object, path: str) -> object:
    """What stands in a tree of JSON at a dotted path."""
    for step in path.split("."):
        tree = tree[int(step)] if isinstance(tree, list) else tree[step]  # type: ignore[index]
    return tree
