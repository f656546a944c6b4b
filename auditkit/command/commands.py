"""What the commands do: open, audit, print the verdict, say where the report is."""

import contextlib
import dataclasses
import json as json_module
import logging
import pathlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from traceback import extract_tb
from typing import Any, NamedTuple

from auditkit import runfolder
from auditkit.command import foreign_output, signature
from auditkit.command.inputs import open_all
from auditkit.command.progress import Lines, silence
from auditkit.command.terminal import print_faults, print_plan, print_result, print_schema
from auditkit.config import load
from auditkit.data import AuditData
from auditkit.errors import AuditkitError, ConfigError, check_known
from auditkit.host import Host
from auditkit.results import AuditResult, Comparison
from auditkit.run import write
from auditkit.run.audit import audit_models, plan_only
from auditkit.run.check_engine import not_isolated
from auditkit.run.context import AuditContext, Clock
from auditkit.run.foreign_text import ForeignText
from auditkit.run.open import prepared
from auditkit.run.request import Request
from auditkit.settings import Settings
from auditkit.signing import verification
from auditkit.text import number_of


class RunOptions(NamedTuple):
    """What the command line says of a run beside the settings of auditkit.toml."""

    only: Sequence[str] | None = None
    plugins: Sequence[str] = ()
    trust_pickle: bool = False
    plan: bool = False
    """Print the plan and measure nothing."""
    json: bool = False
    quiet: bool = False
    fresh: bool = False
    """Nothing that an earlier run left in the folder is taken up."""
    must_train: bool = False
    """A configuration without a trainer is an error."""


def run(config: str | None, flags: Mapping[str, Any], options: RunOptions) -> int:
    """Run what auditkit.toml describes; the exit code is the audit's.

    Args:
        config: auditkit.toml or its folder; None: here.
        flags: settings of `[audit]` that the command line overrides; None leaves one as it is.
        options: the rest of the command line.
    """
    settings = load(config, flags)
    if options.must_train and not settings.train:
        raise ConfigError("auditkit train needs a [[train]] table with a trainer; there is none in the configuration")
    # paths in the file are relative to the file, wherever the command was started
    home = pathlib.Path(config) if config else pathlib.Path()
    home = home if home.is_dir() else home.parent
    # a `.py` file that the configuration names is looked for beside it
    named = (home / name if name.endswith(".py") else name for name in settings.audit.plugins)
    host = Host([*named, *options.plugins])
    request = _request(settings, options)
    try:
        opened = open_all(host, settings, home, options.trust_pickle, (*(request.checks or ()), *request.only))
    except AuditkitError:
        # a plugin that did not load is often why a model is not known
        print_faults(host.faults)
        raise
    foreign_output.hold_against(ForeignText(opened.data))
    print_faults(host.faults)
    if not options.quiet:
        print_schema(opened.data)
    out = pathlib.Path(settings.audit.out)
    signer = (
        signature.open_key(home / settings.sign.key, out) if settings.sign is not None and not options.plan else None
    )
    trainers = [
        {"trainer": table.trainer, "name": table.name, "model": table.model, **table.parameters}
        for table in settings.train
    ]
    title = settings.audit.title or f"Models on {opened.data.name}"
    context = AuditContext(host, opened.data, request, title=title, train=trainers)
    if options.plan:
        plans = [plan_only(context, model) for model in opened.models]
        print_plan([plan for plan, _ in plans], opened, json=options.json)
        for why in not_isolated(context, opened.models, plans[0][1]):
            print(f"auditkit: not every check will run in a process of its own: {why}", file=sys.stderr)
        return 0
    if signer is not None and not verification.signed_by(out, signer):
        request = dataclasses.replace(request, fresh=True)
    with prepared(host, request, settings.audit.out) as folder, _run_log(folder, opened.data):
        context = dataclasses.replace(context, request=request, folder=folder, clock=Clock.now())
        result = audit_models(context, opened.models)
    if not options.quiet:
        _say_taken_up(result)
    if signer is not None and folder is not None:
        print(f"auditkit: signed with the key {signer.id}: {verification.sign(folder, signer).name}", file=sys.stderr)
    print_result(result, out / "report.html", json=options.json)
    return result.exit_code


def demo(name: str, out: str, budget: str, jobs: int = 1, *, json: bool, quiet: bool) -> int:
    """Audit an embedded example; exit code 0 where the audit itself worked, whatever it found."""
    from auditkit import demos  # trains models

    names = ", ".join(demos.DEMOS)
    check_known((name,), demos.DEMOS, ConfigError, lambda name: f"demo must be one of {names}; {name!r} was given, ")
    host = Host()
    built = demos.DEMOS[name]()
    request = Request(
        limits=built.limits, rules=("nist-ai-rmf",), card=built.card, budget=budget,  # type: ignore[arg-type]
        parameters=built.parameters, jobs=jobs, progress=silence if quiet else Lines(),
    )  # fmt: skip
    with prepared(host, request, out) as folder, _run_log(folder, built.data):
        context = AuditContext(host, built.data, request, folder, title=built.title, train=built.train)
        result = audit_models(context, built.models)
    if not quiet:
        _say_taken_up(result)
    print_result(result, pathlib.Path(out) / "report.html", json=json)
    return 3 if any(check.status == "error" for audit in result.audits for check in audit.results) else 0


def _say_taken_up(result: AuditResult | Comparison) -> None:
    """On stderr, for nobody shall take for measured now what was measured before."""
    number = sum(len(audit.run.resumed) for audit in result.audits)
    if number:
        checks = number_of(number, "check was", "checks were")
        print(f"auditkit: {checks} taken up from an earlier run; --fresh measures everything", file=sys.stderr)


def render(folder: str, format: str | None, plugins: Sequence[str], *, json: bool) -> int:
    """Make formats again from results.json."""
    written = write.render(Host(plugins), pathlib.Path(folder), format)
    print(json_module.dumps({"written": written}) if json else "\n".join(written))
    return 0


def _request(settings: Settings, options: RunOptions) -> Request:
    return Request(
        checks=settings.audit.checks,
        only=tuple(options.only or ()),
        fresh=options.fresh,
        parameters=settings.checks,
        limits=settings.limits,
        waivers=settings.waivers,
        rules=settings.audit.rules,
        card=settings.card.given,
        budget=settings.audit.budget,
        device=settings.audit.device,
        seed=settings.audit.seed,
        seconds_per_check=settings.audit.seconds_per_check,
        gigabytes_per_check=settings.audit.gigabytes_per_check,
        threads=settings.audit.threads,
        jobs=settings.audit.jobs,
        isolate=settings.audit.isolate,
        include_rows=settings.audit.include_rows,
        title=settings.audit.title or "",
        formats=settings.audit.formats,
        progress=silence if options.quiet else Lines(),
    )


class _OwnSentences(logging.Filter):
    """Lets through what auditkit itself logs, without what may not be written of what it quotes."""

    def __init__(self, judge: ForeignText) -> None:
        super().__init__()
        self._judge = judge

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is auditkit's own; what it quotes is withheld."""
        record.msg, record.args, record.exc_info = self._judge.sentence(record.getMessage()), (), None
        return _PACKAGE in pathlib.Path(record.pathname).parents


_PACKAGE = pathlib.Path(runfolder.__file__).parents[1]


class _LogFile(logging.FileHandler):
    """A log that takes nothing more where its disk is full: no audit ends by that, and no traceback is shown."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Pass over a record that could not be written."""

    def close(self) -> None:
        """Close the file, whose last lines may not be written either."""
        with contextlib.suppress(OSError):
            super().close()


@contextlib.contextmanager
def _run_log(folder: pathlib.Path | None, data: AuditData) -> Iterator[None]:
    """Write everything that auditkit logs, and what models and plugins print, into run.log of the folder too."""
    if folder is None:
        yield
        return
    handler = _LogFile(folder / runfolder.LOG, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger = logging.getLogger("auditkit")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    # in an audit that is published nobody knows what a model prints or logs, for run.log lies in the folder
    is_published = data.disclosure == "publish"
    printed = None if is_published else folder / runfolder.LOG
    if is_published:
        handler.addFilter(_OwnSentences(ForeignText(data)))
    try:
        with foreign_output.into(printed):
            yield
    except AuditkitError:
        raise
    except Exception as error:
        # places alone: the text of an exception may hold a row of the data
        frames = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in extract_tb(error.__traceback__)]
        logger.error("internal error: %s\n%s", type(error).__name__, "\n".join(frames))
        raise
    finally:
        # the level too: whoever calls the command from a program keeps the logging that was set up there
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()
