"""The model card: the nine sections of Mitchell et al., filled from the audit and from what the owner said.

Source: Mitchell et al., 2019, Model Cards for Model Reporting, arXiv:1810.03993.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from auditkit.reports import cardtables as tables, model_inputs
from auditkit.reports.frontmatter import front_matter
from auditkit.reports.markdown import Markdown, bullets, document, escape, heading, labelled, paragraphs
from auditkit.reports.outcome import sentence
from auditkit.results import AuditResult, Card, Comparison, verdict_line

LABELS = {
    "summary": "Summary", "owners": "Owners", "contact": "Contact", "version": "Version", "licence": "Licence",
    "citation": "Citation", "auditor": "Auditor", "intended_use": "Intended use", "users": "Intended users",
    "decisions": "Decisions", "out_of_scope": "Out of scope", "factors": "Relevant factors",
    "metrics": "Choice of metrics", "evaluation_data": "Origin", "training_data": "Origin",
    "ethical_considerations": "Considerations", "caveats": "Caveats", "recommendations": "Recommendations",
}  # fmt: skip
SECTIONS = {
    "Model Details": ("summary", "owners", "contact", "version", "licence", "citation", "auditor"),
    "Intended Use": ("intended_use", "users", "decisions", "out_of_scope"),
    "Factors": ("factors",),
    "Metrics": ("metrics",),
    "Evaluation Data": ("evaluation_data",),
    "Training Data": ("training_data",),
    "Quantitative Analyses": (),
    "Ethical Considerations": ("ethical_considerations",),
    "Caveats and Recommendations": ("caveats", "recommendations"),
}
"""Which statements of the owner belong to which of the nine sections."""
STATEMENTS = tuple(key for keys in SECTIONS.values() for key in keys)
SCOPE = "This card reports measurements and the limits that the owner set for them. It certifies nothing."


def render(result: AuditResult | Comparison) -> bytes:
    """The card of one model, or of several side by side on the same data; UTF-8 Markdown."""
    # the front matter has one list of results and cannot tell two models apart
    alone = result if isinstance(result, AuditResult) else None
    results = result.audits
    card = Card.model_validate({key: value for key, value in results[0].card.items() if key in Card.model_fields})
    name = result.title if isinstance(result, Comparison) else result.model.name
    blocks = [heading(1, f"Model card: {name}"), *_verdict(results), _provided(card)]
    for section, keys in SECTIONS.items():
        filled = _FILL[section](results) if section in _FILL else ()
        blocks += [heading(2, section), *_statements(card, keys), *filled]
    # after the nine sections of the source, so that a plugin cannot stand between them
    blocks += _plugin_sections(results)
    return (front_matter(card, alone) + document(blocks)).encode()


def _verdict(results: tables.Results) -> Iterator[Markdown]:
    for result in results:
        of_model = f" for {escape(result.model.name)}" if len(results) > 1 else ""
        yield labelled(f"Verdict{of_model}: {result.outcome.verdict}.", verdict_line(result))
        yield bullets(result.outcome.reasons)
    # a card without limits must not read as one where all are met
    yield tables.verdicts(results) or escape("No limit was set, so nothing was judged.")
    yield from map(escape, tables.scope_notes(results))
    yield tables.waivers(results)
    first = results[0]
    yield escape(
        f"Audited on {first.run.finished.date()} with auditkit {first.provenance.auditkit}, "
        f"budget {first.plan.budget}, seed {first.plan.seed}, on {first.provenance.device}. "
        f"The plan {first.plan.digest} was fixed before anything was measured. {SCOPE}"
    )


def _provided(card: Card) -> Markdown:
    missing = _missing(card, STATEMENTS)
    count = f"{len(missing)} of {len(STATEMENTS)}"
    sentence_of_all = f"Not provided by the model owner ({count} statements): {', '.join(missing)}."
    return escape(sentence_of_all if missing else "")


def _statements(card: Card, keys: Sequence[str]) -> list[Markdown]:
    given, missing = card.given, _missing(card, keys)
    statements = [labelled(f"{LABELS[key]}.", paragraphs(_joined(given[key]))) for key in keys if key in given]
    return [*statements, escape(f"Not provided by the model owner: {', '.join(missing)}." if missing else "")]


def _details(results: tables.Results) -> list[Markdown]:
    # an older result, or one that a program made, may hold keys that `[card]` does not know
    further = {key: value for key, value in results[0].card.items() if key not in Card.model_fields}
    return [tables.facts(results), bullets(f"{key}: {_joined(value)}" for key, value in sorted(further.items()))]


def _factors(results: tables.Results) -> Iterator[Markdown]:
    data = results[0].data
    yield tables.groups(data) or escape("No sensitive attribute was named, so nothing is broken down by group.")
    yield escape(sentence(data)) if data.groups else Markdown()
    for models, sentence_of_inputs in model_inputs.sentences(results):
        of_models = f"{', '.join(models)}: " if len(models) < len(results) else ""
        yield escape(of_models + sentence_of_inputs)


def _metrics(results: tables.Results) -> list[Markdown]:
    methods = tables.methods(results)
    sentence_of_intervals = "Intervals hold 95% unless another level stands beside them. How they were made"
    return [tables.definitions(results), escape(f"{sentence_of_intervals}: {methods}." if methods else "")]


def _evaluation(results: tables.Results) -> Iterator[Markdown]:
    yield tables.dataset(results[0])


def _training(results: tables.Results) -> Iterator[Markdown]:
    rows = results[0].data.train_rows
    yield escape(
        "The training data was not given to the audit."
        if rows is None
        else f"The audit was given {rows:,} rows of training data."
    )


def _caveats(results: tables.Results) -> Iterator[Markdown]:
    parts = {
        "Not tested": tables.untested(results),
        "Controls that did not hold": tables.failed_controls(results),
        "Evidence for rule packs, in clauses": tables.rules(results),
        "Notes of the audit": bullets(tables.notes(results)),
    }
    for title, content in parts.items():
        if content:
            yield from (heading(3, title), content)


def _plugin_sections(results: tables.Results) -> Iterator[Markdown]:
    """What plugins add to the report; of a figure, the sentence with its numbers."""
    for result in results:
        for section in result.sections:
            yield heading(2, section.title + (f" ({result.model.name})" if len(results) > 1 else ""))
            yield escape(f"Written by the plugin {section.plugin} {section.plugin_version}, not by auditkit.")
            yield from map(escape, section.paragraphs)
            yield from (labelled("Figure:", f"{figure.title}. {figure.alt}") for figure in section.figures)
            for plugin_table in section.tables:
                yield heading(3, plugin_table.title)
                yield tables.plugin_table(plugin_table)


_FILL: dict[str, Callable[[tables.Results], Iterable[Markdown]]] = {
    "Model Details": _details,
    "Factors": _factors,
    "Metrics": _metrics,
    "Evaluation Data": _evaluation,
    "Training Data": _training,
    "Quantitative Analyses": tables.quantities,
    "Caveats and Recommendations": _caveats,
}
"""What the audit adds to a section."""


def _missing(card: Card, keys: Sequence[str]) -> list[str]:
    return [key.replace("_", " ") for key in keys if key not in card.given]


def _joined(value: Any) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
