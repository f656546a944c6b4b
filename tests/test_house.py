"""The house in order: import directions, light imports, sizes, public names, words."""

from __future__ import annotations

import ast
import functools
import importlib
import json
import pathlib
import re
import subprocess
import sys

import pytest

import auditkit
from auditkit import errors, hookspecs, host
from auditkit.plugin_validation import HOOKS
from tests.test_docs import blocks

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "auditkit"
FILES = sorted(PACKAGE.rglob("*.py"))

LEVELS = (
    ("descendants", "errors", "lazy", "redaction", "text", "times", "too_few", "version"),
    ("art", "case_scores", "foreign_code", "renames", "supervisor"),
    ("io", "memory", "results", "value_spelling"),
    ("answer_parser", "counts", "figures", "rulepacks", "runfolder", "stats", "workers"),
    ("data", "group_pairs", "judge", "metrics"),
    ("comparison", "models", "network_output", "smaller", "variants"),
    ("adapters", "model_inputs", "predictions"),
    ("checks", "consistency", "endpoints", "option_guard"),
    ("decorator", "settings", "trainers"),
    ("config", "hookspecs"),
    ("plugin_import", "plugin_validation", "plugins", "reports"),
    ("offers",),
    ("host",),
    ("demos", "provenance"),
    ("run", "signing"),
    ("command", "testing"),
    ("cli",),
    ("__main__",),
)
"""From the ground up: a room imports from those before it; a file of a room from its own and from those before it."""

FAMILY_MAY = {
    "adapters", "answer_parser", "art", "case_scores", "checks", "counts", "data", "endpoints", "errors", "figures",
    "foreign_code", "group_pairs", "hookspecs", "io", "lazy", "memory", "metrics", "model_inputs", "models",
    "network_output", "predictions", "redaction", "renames", "results", "smaller", "stats", "text", "times", "too_few",
    "trainers", "value_spelling", "variants", "workers",
}  # fmt: skip
REPORTS_MAY = {"results", "figures", "errors", "hookspecs", "lazy", "text"}

IN_MANY_ROOMS = {
    "__init__", "check", "definitions", "figures", "findings", "parameters", "self_tests",
}  # fmt: skip
"""Names of modules that say the same in every room."""
THE_FIELDS_WORDS = {
    "resampling", "reweighing", "sample_splitting", "smoothing", "testing", "value_spelling",
}  # fmt: skip
"""Names of modules that end in -ing."""


MAKE_A_RECORD = {
    "counts.files.count_file", "decorator.check", "figures.bars", "figures.curve", "results.findings.within",
    "run.audit.audit",
}  # fmt: skip
"""Functions with more than seven parameters that are the fields of one record; commands of `cli.py` are likewise."""


BEHAVIOURS = {
    "asked", "blanks", "bounds_shown", "closed", "corners", "counts", "digits", "exact", "example", "formats", "gpu",
    "harms", "impact_packs", "inside_schema", "left_as_found", "maths", "more_groups", "multiclass", "one_meaning",
    "oracle", "orders", "packs", "pairs", "plugin_attack", "plugin_corruption", "same_everywhere", "sampling",
    "schemas", "smaller", "smaller_rows", "stages", "tampering", "torch_forms", "traps", "turned", "variants", "votes",
    "whose",
}  # fmt: skip
"""Files of tests that are called after what must hold of several modules of their room."""


def dotted_name(path: pathlib.Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


@functools.cache
def tree(path: pathlib.Path) -> ast.Module:
    """A file of Python, parsed once for all tests."""
    return ast.parse(path.read_text())


MODULES = {dotted_name(path).removesuffix(".__init__"): path for path in FILES}


@functools.cache
def imports(path: pathlib.Path) -> set[str]:
    """The modules of auditkit that a file imports anywhere in it, inside functions and for types alone too."""
    modules: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            modules.update(n.name.removeprefix("auditkit.") for n in node.names if n.name.startswith("auditkit."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "auditkit":
            base = (node.module or "").removeprefix("auditkit").removeprefix(".")
            for name in node.names:
                dotted = f"{base}.{name.name}".removeprefix(".")
                modules.add(dotted if dotted in MODULES else base)
    return {name for name in modules if name in MODULES} - {dotted_name(path).removesuffix(".__init__")}


def level(room: str) -> int:
    for number, names in enumerate(LEVELS):
        if room in names:
            return number
    raise AssertionError(f"auditkit/{room} has no level: put it into LEVELS")


def test_every_room_has_one_level():
    names = [name for names in LEVELS for name in names]
    assert sorted(names) == sorted({name.split(".")[0] for name in MODULES} - {"__init__"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    own = dotted_name(path)
    if path.name == "__init__.py" and path.parent in (PACKAGE, PACKAGE / "plugins"):
        return
    for dotted in imports(path):
        parts = dotted.split(".")
        target = parts[0]
        if own.startswith("plugins."):
            family = own.split(".")[1]
            inside = target == "plugins" and parts[1:2] == [family]
            assert inside or target in FAMILY_MAY, f"{own} imports {dotted}"
        elif own.startswith("reports."):
            assert target == "reports" or target in REPORTS_MAY, f"{own} imports {dotted}"
        elif own.split(".")[0] != target:
            assert level(target) < level(own.split(".")[0]), f"{own} imports {dotted}"


def test_no_circle():
    graph = {name: imports(path) for name, path in MODULES.items()}
    before = None
    while graph != before:
        before = graph
        expected = set().union(*graph.values())
        graph = {
            name: imported & graph.keys()
            for name, imported in graph.items()
            if imported & graph.keys() and name in expected
        }
    assert graph == {}, f"these import each other: {sorted(graph)}"


def test_rooms_of_a_family_import_no_other_room_but_what_is_shared():
    shared_rooms = {
        "robustness": {"attacks"},
        "privacy": {"accounting", "gradients", "dp_audit"},
        "explanations": {"fairwashing", "quality"},
    }
    for own, path in MODULES.items():
        parts = own.split(".")
        if parts[0] != "plugins" or not (PACKAGE.joinpath(*parts[:3]) / "__init__.py").is_file() or len(parts) < 3:
            continue
        shared = {"shared", *shared_rooms.get(parts[1], ())}
        for dotted in imports(path):
            other = dotted.split(".")
            room = len(other) > 3 and other[:2] == parts[:2]
            assert not room or other[2] in {parts[2], *shared}, f"{own} imports {dotted}"
            assert not room or parts[2] not in shared or other[2] in shared, f"{own} imports {dotted}"


def test_files_that_rooms_of_a_family_share_import_no_room():
    """But for the rows of `models`, which name the adapters of each kind of model."""
    for own, path in MODULES.items():
        if re.fullmatch(r"plugins\.\w+\.\w+", own) and path.name != "__init__.py" and "plugins.models" not in own:
            rooms = {dotted for dotted in imports(path) if dotted.startswith("plugins.") and dotted.count(".") > 2}
            assert not rooms, f"{own} imports {sorted(rooms)}"


def test_every_check_inherits_its_parameters_from_a_file_of_parameters():
    for id, offer in host.Host(discover=False).checks().items():
        homes = {base.__module__ for base in offer.value.__mro__ if vars(base).get("__annotations__", {}).keys()
                 & offer.value.model_fields.keys()}  # fmt: skip
        assert homes and all(home.endswith("parameters") for home in homes), f"{id}: {homes}"


def test_names_of_modules_are_nouns_that_few_rooms_share():
    names = [path.stem for path in FILES]
    shared = {name: names.count(name) for name in names if name not in IN_MANY_ROOMS and names.count(name) > 4}
    assert shared == {}
    assert {name for name in names if name.endswith("ing")} == THE_FIELDS_WORDS
    assert len(THE_FIELDS_WORDS) <= 8


def test_tests_stand_where_their_modules_do_and_bear_their_names():
    astray = []
    for path in sorted((ROOT / "tests").glob("*/**/test_*.py")):
        room = PACKAGE / path.parent.relative_to(ROOT / "tests")
        names = {path.stem for path in room.glob("*.py")} | {path.name for path in room.glob("*/")} | {room.name}
        subject = path.stem.removeprefix("test_")
        if (
            room.is_dir()
            and subject not in BEHAVIOURS
            and not any(subject == name or subject.startswith(f"{name}_") for name in names)
        ):
            astray.append(str(path.relative_to(ROOT)))
    assert not astray


def test_paths_in_the_design_exist():
    text = (ROOT / "docs" / "design.md").read_text()
    paths = re.findall(r"`((?:[\w.]+/)+[\w.]*|\w+\.py)`", text)
    assert len(paths) > 100
    names = {path.name for path in FILES}
    missing = [path for path in paths if not (PACKAGE / path).exists() and not (ROOT / path).exists()]
    assert [path for path in missing if path not in names] == []


def test_the_design_has_a_row_for_every_room_and_its_level_and_names_every_stage():
    text = (ROOT / "docs" / "design.md").read_text()
    rows = re.findall(r"^\| (\d+) \| `(\w+)(?:\.py|/)` \|", text, re.MULTILINE)
    assert rows == [(str(number), name) for number, names in enumerate(LEVELS, 1) for name in names]
    stages = {f"run/{path.name}" for path in (PACKAGE / "run").glob("*.py")} - {"run/__init__.py"}
    assert {path for path in stages if f"`{path}`" not in text} == set()


def loaded_after(code: str) -> set[str]:
    tail = "print('\\n' + json.dumps(sorted(sys.modules)))"
    script = f"import sys\n{code}\nimport json\n{tail}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.splitlines()[-1]))


# scipy itself loads its parts where they are first used, in 10 ms; the parts are heavy
HEAVY = {
    "torch", "pandas", "scipy.fft", "scipy.optimize", "scipy.sparse", "scipy.special", "scipy.stats", "sklearn",
    "fairlearn", "shap", "lime", "captum", "art", "opacus", "matplotlib", "statsmodels", "xgboost", "lightgbm",
    "polars", "pyarrow",
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "forbidden"),
    [
        ("import auditkit", HEAVY | {"numpy", "pydantic", "jinja2"}),
        (
            "import contextlib\nsys.argv = ['auditkit', '--help']\nfrom auditkit.cli import main\n"
            "with contextlib.suppress(SystemExit): main()",
            HEAVY | {"numpy", "pydantic", "jinja2"},
        ),
        (
            "import contextlib\nsys.argv = ['auditkit', 'plugins', '--json']\nfrom auditkit.cli import main\n"
            "with contextlib.suppress(SystemExit): main()",
            HEAVY,
        ),
        ("import auditkit.run.audit", HEAVY),
    ],
    ids=["import", "help", "plugins", "audit"],
)
def test_imports_are_light(code, forbidden):
    assert loaded_after(code) & forbidden == set()


def test_reports_work_where_nothing_heavy_can_be_imported(tmp_path):
    code = f"""
import importlib.abc
class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {sorted(HEAVY - {"scipy", "pyarrow"})!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Block())
sys.path.insert(0, {str(ROOT)!r})
from tests.fakes import audit
from auditkit.results import canonical
from auditkit.runfolder import parse_result
from auditkit.reports import register_formats
result = parse_result(canonical(audit()))
short = result.model_copy(update={{"results": result.results[:1]}})  # the pages of a whole PDF take five seconds
light = [kind for kind in register_formats() if kind.name != "parquet"]
assert all(kind.render(short if kind.name == "pdf" else result) for kind in light)
assert "pyarrow" not in sys.modules
"""
    assert "torch" not in loaded_after(code)


def test_no_file_is_over_500_lines_and_the_median_is_small():
    sizes = {
        path.relative_to(ROOT): len(path.read_text().splitlines()) for path in [*FILES, *ROOT.glob("tests/**/*.py")]
    }
    assert {path: size for path, size in sizes.items() if size > 500} == {}
    own = sorted(len(path.read_text().splitlines()) for path in FILES)
    assert own[len(own) // 2] <= 160


def test_no_function_is_over_60_lines_of_code():
    long = []
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                docstring = node.body[0] if ast.get_docstring(node) else None
                spoken = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
                size = (node.end_lineno or 0) - node.lineno + 1 - spoken
                if size > 60:
                    long.append(f"{path.relative_to(ROOT)}:{node.name} {size}")
    assert long == []


def test_a_function_has_at_most_seven_parameters():
    many = set()
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and path.name != "cli.py":
                named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                if len([parameter for parameter in named if parameter.arg not in ("self", "cls")]) > 7:
                    many.add(f"{dotted_name(path)}.{node.name}")
    assert many == MAKE_A_RECORD


def vague_names(code: ast.Module) -> set[str]:
    """The names without a meaning that some code gives: to a variable, a parameter, a function or an import."""
    bound: set[str] = set()
    for node in ast.walk(code):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add(node.asname or node.name)
    return bound & {"each", "found", "heard", "ours", "said", "theirs", "told"}


def test_variables_are_called_what_they_hold():
    others = (path for room in ("tests", "benchmarks", "examples") for path in sorted((ROOT / room).rglob("*.py")))
    vague = {str(path.relative_to(ROOT)): vague_names(tree(path)) for path in (*FILES, *others)}
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        vague[path.name] = vague_names(
            ast.parse("\n".join(text for language, _, text in blocks(path) if language == "python"))
        )
    assert {path: names for path, names in vague.items() if names} == {}


def test_a_vague_name_is_noticed_wherever_it_is_given():
    assert vague_names(ast.parse("said = 1\nfor each in x: f(told)")) == {"said", "each"}
    assert vague_names(ast.parse("from a import b as ours\ndef found(theirs): return lambda heard: heard")) == {
        "ours", "found", "theirs", "heard",
    }  # fmt: skip


def test_every_file_begins_with_what_it_holds():
    files = [path for room in ("auditkit", "tests", "benchmarks", "examples") for path in (ROOT / room).rglob("*.py")]
    bare = [path for path in files if tree(path).body and not ast.get_docstring(tree(path))]
    assert [str(path.relative_to(ROOT)) for path in bare] == []


def test_public_names_are_there_and_no_others():
    for name in auditkit.__all__:
        assert getattr(auditkit, name) is not None
    assert set(auditkit._HOMES) | {"__version__"} == set(auditkit.__all__)
    assert len(auditkit.__all__) <= 25
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = auditkit.nothing


def test_every_error_is_in_the_drawn_tree():
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, Exception):
            assert re.search(rf"[├└│ ]{name} |^    {name} ", errors.__doc__, re.MULTILINE), name


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_with_its_arguments(hook):
    text = (ROOT / "docs" / "write-a-plugin.md").read_text()
    arguments = ", ".join(importlib.import_module("inspect").signature(getattr(hookspecs, hook)).parameters)
    assert f"`{hook}({arguments})`" in text


def test_templates_switch_escaping_off_nowhere():
    for path in [*PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.j2"), *PACKAGE.rglob("*.md")]:
        assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup\(", path.read_text()), path.name


def test_unsafe_loaders_are_called_in_one_place_only():
    pattern = re.compile(r"pickle\.(loads?|Unpickler)\b|joblib\.load\(|yaml\.load\(|\beval\(|torch\.load\(")
    callers = {
        str(path.relative_to(PACKAGE))
        for path in FILES
        for line in path.read_text().splitlines()
        if pattern.search(line) and "model.eval(" not in line and "module.eval(" not in line and ".eval()" not in line
    }
    # what comes to a process from the one that started it is no file of anybody's
    assert all(text.startswith("plugins/models/") or text == "workers/parcel.py" for text in callers), callers


def test_only_models_behind_http_open_a_connection():
    """It is the only network in auditkit, and sends nothing without `send = true`."""
    network = {
        "socket",
        "ssl",
        "http",
        "urllib.request",
        "ftplib",
        "smtplib",
        "httpx",
        "requests",
        "urllib3",
        "aiohttp",
    }
    callers = set()
    for path in FILES:
        names = {
            alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        } | {
            node.args[0].value
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
            and isinstance(node.func, ast.Name) and node.func.id in ("Lazy", "require")
        }  # fmt: skip
        if any(name == known or str(name).startswith(f"{known}.") for name in names for known in network):
            callers.add(dotted_name(path))
    # the other one looks whether a connection is open, and opens none
    assert callers == {"plugins.models.endpoint.exchange", "workers.fork"}


def test_the_core_names_no_check():
    ids = sorted(host.Host(discover=False).checks())
    for path in FILES:
        if path.relative_to(PACKAGE).parts[0] in ("plugins", "demos"):
            continue
        texts = [
            node.value
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        named = [text for text in texts if any(re.fullmatch(rf"{re.escape(id)}(\..+)?", text) for id in ids)]
        assert not named, f"{path.relative_to(ROOT)}: {named[0]} is a check of a plugin"


def test_nothing_left_over():
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b|To be filled|breakpoint\(\)|\b[Tt]he (runner|gate)\b")
    for path in FILES:
        assert not marks.search(path.read_text()), path.name


def test_the_version_is_the_same_everywhere():
    assert f'version = "{auditkit.__version__}"' in (ROOT / "pyproject.toml").read_text()
    assert f"## {auditkit.__version__}" in (ROOT / "CHANGELOG.md").read_text()
