"""The house in order: import directions, light imports, sizes, public names, words."""

from __future__ import annotations

import ast
import importlib
import json
import pathlib
import re
import subprocess
import sys

import pytest

import auditkit
from auditkit import errors, hookspecs
from auditkit.plugin_validation import HOOKS

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "auditkit"
FILES = sorted(PACKAGE.rglob("*.py"))

LEVELS = (
    (
        "errors", "memory", "text", "value_spelling", "times", "io.atomic_files", "io.strict_json", "signing.keys",
        "redaction",
    ),
    ("counts",),
    ("data", "models", "results", "stats"),
    (
        "figures", "group_pairs", "predictions", "model_inputs", "smaller", "variants", "consistency", "runfolder.manifest",
        "signing.dsse", "signing.statement",
    ),
    (
        "checks", "trainers", "decorator", "judge", "rulepacks", "runfolder", "run.postprocess",
        "run.disparity_bounds", "run.worse_off", "run.withhold", "run.isolation",
    ),
    ("hookspecs", "provenance.dataset"),
    ("settings", "config", "plugin_validation"),
    ("plugins", "reports", "comparison"),
    ("host",),
    (
        "run.predict", "run.plan", "run.sampling", "run.request", "run.fitted_kinds", "run.rule_packs",
        "run.resolve", "run.settle", "run.whom", "run.streamable", "provenance.environment",
        "run.write", "signing.rerender", "signing.verification",
    ),
    (
        "run.measure", "run.redaction", "run.paired_changes", "run.internal_rule", "run.publishable_counts",
        "run.publish_rule", "run.hide", "run.kept_checks",
    ),
    ("run.train",),
    ("run.audit", "comparison"),
    ("demos", "command"),
    ("cli", "testing", "__main__"),
)  # fmt: skip
"""From the ground up: a module imports from its own level and from those before it."""

FAMILY_MAY = {
    "checks", "trainers", "results", "figures", "stats", "predictions", "data", "models", "errors", "hookspecs", "text",
    "value_spelling", "counts", "group_pairs", "model_inputs", "smaller", "memory", "variants",
}  # fmt: skip
REPORTS_MAY = {"results", "figures", "errors", "hookspecs", "text"}


def dotted_name(path: pathlib.Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def imports(path: pathlib.Path) -> set[str]:
    """Dotted auditkit modules that a file imports anywhere in it, type-only imports left out."""
    found: set[str] = set()

    def walk(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.Import):
                found.update(name.name for name in child.names if name.name.startswith("auditkit"))
            elif isinstance(child, ast.ImportFrom) and (child.module or "").startswith("auditkit"):
                base = child.module or ""
                for name in child.names:
                    dotted = f"{base}.{name.name}"
                    target = ROOT / dotted.replace(".", "/")
                    is_module = target.is_dir() or target.with_suffix(".py").is_file()
                    found.add(dotted if is_module else base)
            walk(child)

    walk(ast.parse(path.read_text()))
    return {name for name in found if name != "auditkit"}


def level(dotted: str) -> int:
    """The level of a module by its two first names, or of its whole room."""
    parts = dotted.removeprefix("auditkit.").split(".")
    for name in (".".join(parts[:2]), parts[0]):
        for number, names in enumerate(LEVELS):
            if name in names:
                return number
    raise AssertionError(f"auditkit/{dotted} has no level: put it into LEVELS")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    own = dotted_name(path)
    if path.name == "__init__.py" and path.parent in (PACKAGE, PACKAGE / "plugins"):
        return
    for dotted in imports(path):
        parts = dotted.split(".")
        target = parts[1]
        if own.startswith("plugins."):
            family = own.split(".")[1]
            inside = parts[1] == "plugins" and len(parts) > 2 and parts[2] == family
            assert inside or target in FAMILY_MAY, f"{own} imports {dotted}"
        elif own.startswith("reports."):
            assert target == "reports" or target in REPORTS_MAY, f"{own} imports {dotted}"
        elif own.split(".")[0] != target:
            assert level(dotted) <= level(own), f"{own} imports {dotted}"


def loaded_after(code: str) -> set[str]:
    tail = "print('\\n' + json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    script = f"import sys\n{code}\nimport json\n{tail}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.splitlines()[-1]))


HEAVY = {
    "torch", "pandas", "scipy", "sklearn", "fairlearn", "shap", "lime", "captum", "art", "opacus", "matplotlib",
    "statsmodels", "xgboost", "lightgbm", "polars", "pyarrow",
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
    ],
    ids=["import", "help", "plugins"],
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
light = [each for each in register_formats() if each.name != "parquet"]
assert all(each.render(result) for each in light)
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
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                docstring = node.body[0] if ast.get_docstring(node) else None
                spoken = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
                size = (node.end_lineno or 0) - node.lineno + 1 - spoken
                if size > 60:
                    long.append(f"{path.relative_to(ROOT)}:{node.name} {size}")
    assert long == []


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
    pattern = re.compile(r"\bpickle\.loads?\(|joblib\.load\(|yaml\.load\(|\beval\(|torch\.load\(")
    found = {
        str(path.relative_to(PACKAGE))
        for path in FILES
        for line in path.read_text().splitlines()
        if pattern.search(line) and "model.eval(" not in line and "module.eval(" not in line and ".eval()" not in line
    }
    assert all(each.startswith("plugins/models/") for each in found), found


def test_nothing_left_over():
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b|To be filled|breakpoint\(\)")
    for path in FILES:
        assert not marks.search(path.read_text()), path.name


def test_the_version_is_the_same_everywhere():
    assert f'version = "{auditkit.__version__}"' in (ROOT / "pyproject.toml").read_text()
    assert f"## {auditkit.__version__}" in (ROOT / "CHANGELOG.md").read_text()
