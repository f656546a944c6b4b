"""The command `auditkit`: results on stdout, progress and messages on stderr, an exit code that can be trusted."""

import gc
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.command import exit_code, foreign_output
from auditkit.lazy import Lazy

if TYPE_CHECKING:
    from auditkit.command import commands, comparison, explanation, lists, people_counts, signature
else:  # heavy: each is imported only where one of its commands runs
    commands, people_counts = Lazy("auditkit.command.commands"), Lazy("auditkit.command.people_counts")
    comparison, signature = Lazy("auditkit.command.comparison"), Lazy("auditkit.command.signature")
    lists, explanation = Lazy("auditkit.command.lists"), Lazy("auditkit.command.explanation")

app = typer.Typer(
    name="auditkit",
    help="Audit machine-learning models for responsible use, and leave the evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
Plugin = Annotated[list[str] | None, typer.Option("--plugin", help="A plugin: name, module or .py file.")]
FailOn = Annotated[str, typer.Option(help="'any': every exit code counts; 'missed': only a missed limit does.")]
TrustPickle = Annotated[bool, typer.Option("--trust-pickle", help="Open pickles: runs code from the file.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Measure everything, also what an earlier run finished.")]
Jobs = Annotated[int | None, typer.Option(help="Checks that run at once; the evidence is the same.")]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever the verdict.")]


@app.command()
def run(
    config: Annotated[str | None, typer.Argument(help="auditkit.toml, or the folder that holds it.")] = None,
    out: Annotated[str | None, typer.Option(help="The run folder.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this family or check; may be repeated.")] = None,
    plugin: Plugin = None,
    budget: Annotated[str | None, typer.Option(help="quick, standard or thorough.")] = None,
    device: Annotated[str | None, typer.Option(help="Where checks run, such as cpu or cuda.")] = None,
    seed: Annotated[int | None, typer.Option(help="The seed of everything random.")] = None,
    trust_pickle: TrustPickle = False,
    include_rows: Annotated[
        bool, typer.Option("--include-rows", help="Show single rows, such as pictures; they may be of people.")
    ] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Print the plan and measure nothing.")] = False,
    fresh: Fresh = False,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
    fail_on: FailOn = "any",
    exit_zero: ExitZero = False,
) -> None:
    """Run the audit that auditkit.toml describes."""
    flags = {
        "out": out, "budget": budget, "device": device, "seed": seed, "include_rows": include_rows or None,
        "jobs": jobs,
    }  # fmt: skip
    options = commands.RunOptions(only, plugin or (), trust_pickle, plan, json, quiet, fresh)
    code = commands.run(config, flags, options)
    raise exit_code.report(exit_code.by_flags(code, fail_on, exit_zero))


@app.command()
def demo(
    name: Annotated[str, typer.Argument(help="credit or digits.")] = "credit",
    out: Annotated[str | None, typer.Option(help="The run folder.")] = None,
    budget: Annotated[str, typer.Option(help="quick, standard or thorough.")] = "quick",
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Audit an embedded example; works offline."""
    raise exit_code.report(commands.demo(name, out or f"audit/{name}", budget, jobs or 1, json=json, quiet=quiet))


@app.command()
def train(
    config: Annotated[str | None, typer.Argument(help="auditkit.toml with [[train]] tables.")] = None,
    out: Annotated[str | None, typer.Option(help="The run folder.")] = None,
    plugin: Plugin = None,
    trust_pickle: TrustPickle = False,
    fresh: Fresh = False,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
    fail_on: FailOn = "any",
    exit_zero: ExitZero = False,
) -> None:
    """Train what [[train]] asks for; audit it beside its parent."""
    options = commands.RunOptions(None, plugin or (), trust_pickle, False, json, quiet, fresh, must_train=True)
    code = commands.run(config, {"out": out, "jobs": jobs}, options)
    raise exit_code.report(exit_code.by_flags(code, fail_on, exit_zero))


@app.command()
def render(
    folder: Annotated[str, typer.Argument(help="A run folder.")],
    format: Annotated[str | None, typer.Option(help="One format; all of them, where left out.")] = None,
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Make the formats again from results.json."""
    raise exit_code.report(commands.render(folder, format, plugin or (), json=json))


@app.command()
def verify(
    folder: Annotated[str, typer.Argument(help="A run folder.")],
    public_key: Annotated[str | None, typer.Option(help="Whose signature it must bear: a PEM file.")] = None,
    require_signature: Annotated[
        bool, typer.Option(help="Refuse what is not signed, or by nobody knows whom.")
    ] = False,
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Check that a run folder is unchanged, and who signed it."""
    raise exit_code.report(signature.verify(folder, public_key, plugin or (), required=require_signature, json=json))


@app.command()
def sign(
    folder: Annotated[str, typer.Argument(help="A finished run folder.")],
    key: Annotated[str, typer.Option(help="A private Ed25519 key: a PEM file, kept outside the folder.")],
    replace: Annotated[bool, typer.Option("--replace", help="Also where it is signed already.")] = False,
    json: Json = False,
) -> None:
    """Sign a run folder with your key."""
    raise exit_code.report(signature.sign(folder, key, replace=replace, json=json))


@app.command()
def keygen(file: Annotated[str, typer.Argument(help="Where the private key goes.")], json: Json = False) -> None:
    """Make a pair of keys to sign with."""
    raise exit_code.report(signature.keygen(file, json=json))


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="The earlier run folder, or its results.json.")],
    new: Annotated[str, typer.Argument(help="The later one.")],
    old_model: Annotated[str | None, typer.Option(help="Of several models, the one in OLD.")] = None,
    new_model: Annotated[str | None, typer.Option(help="Of several models, the one in NEW.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Every number that both have.")] = False,
    unverified: Annotated[bool, typer.Option("--unverified", help="Read folders that were altered, too.")] = False,
    json: Json = False,
    md: Annotated[str | None, typer.Option(help="Also write Markdown to this file.")] = None,
    html: Annotated[str | None, typer.Option(help="Also write a page to this file.")] = None,
) -> None:
    """Say what changed between two audits.

    Exit code 1 where a limit that was met is missed, in error, not tested or gone, unless a waiver covers it.
    """
    options = comparison.ComparisonOptions(old_model, new_model, all, unverified, json, md, html)
    raise exit_code.report(comparison.diff(old, new, options))


@app.command()
def history(
    folders: Annotated[list[str], typer.Argument(help="Run folders, in any order.")],
    measure: Annotated[str | None, typer.Option(help="check.measurement; those under limits, where left out.")] = None,
    slice: Annotated[list[str] | None, typer.Option(help="Only this group, as sex=F; may be repeated.")] = None,
    unverified: Annotated[bool, typer.Option("--unverified", help="Read folders that were altered, too.")] = False,
    json: Json = False,
    html: Annotated[str | None, typer.Option(help="Also write a page with curves to this file.")] = None,
) -> None:
    """Say how numbers went over several audits."""
    raise exit_code.report(
        comparison.over_time(
            folders, measure=measure, slices=slice or (), unverified=unverified, json=json, html=html
        )
    )  # fmt: skip


@app.command()
def count(
    files: Annotated[list[str], typer.Argument(help="Parquet or csv files with the same columns.")],
    out: Annotated[str, typer.Option(help="Where the table goes: .csv or .parquet.")],
    group: Annotated[list[str] | None, typer.Option(help="The column of an attribute; may be repeated.")] = None,
    label: Annotated[str | None, typer.Option(help="The column of the labels.")] = None,
    decision: Annotated[str | None, typer.Option(help="The column of the decisions.")] = None,
    weights: Annotated[str | None, typer.Option(help="The column of the weights.")] = None,
    positive: Annotated[str | None, typer.Option(help="The positive class; it comes last.")] = None,
    missing: Annotated[list[str] | None, typer.Option(help="A text that means missing; may be repeated.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Between the fields of csv files.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of csv files that are not UTF-8, such as cp1252.")] = None,
) -> None:
    """Count people by group, label and decision, in files of any size.

    Cells of fewer than ten people in the table are as sensitive as the rows themselves: keep it where they are kept.
    """
    columns = {"groups": group or (), "label": label, "decision": decision, "weights": weights}
    values = {"positive": positive, "missing": missing or None}
    raise exit_code.report(people_counts.count(files, out, {**columns, **values}, delimiter, encoding))


@app.command()
def plugins(plugin: Plugin = None, json: Json = False) -> None:
    """List every plugin that is there, and what it offers."""
    raise exit_code.report(lists.plugins(plugin or (), json=json))


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="A check, a measurement, a trainer or a rule pack.")],
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Say what a name means: definition, formula, pitfalls, clauses."""
    raise exit_code.report(explanation.explain(name, plugin or (), json=json))


@app.command()
def schema(
    what: Annotated[str, typer.Argument(help="'results' for results.json, 'config' for auditkit.toml.")] = "results",
    plugin: Plugin = None,
) -> None:
    """Print the JSON Schema of results.json or of auditkit.toml."""
    raise exit_code.report(lists.schema(what, plugin or ()))


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        import auditkit

        typer.echo(f"auditkit {auditkit.__version__}")
        raise exit_code.report(0)


def main() -> None:
    """Run the command in this process, and report its exit code to the supervisor that started it, if one did."""
    if not sys.argv[1:] or {"-h", "--help"} & set(sys.argv):
        with exit_code.printed():
            app(prog_name="auditkit")
    exit_code.listen()
    gc.set_threshold(50_000)  # libraries, which leave no garbage, are loaded a tenth sooner
    with exit_code.in_sentences(), foreign_output.shown():
        app(prog_name="auditkit")
