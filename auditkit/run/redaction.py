"""What an audit passes through before it is written: nothing leaves that tells of people or of the machine."""

from collections.abc import Iterable, Iterator

from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.redaction import Scrubber, removed
from auditkit.results import AuditResult
from auditkit.value_spelling import spelling


def scrubber_for(models: Iterable[Model], data: AuditData) -> Scrubber:
    """What cleans the texts of an audit; it knows the names in the data, of the models and of their classes."""
    return Scrubber(name for name in (*_names_in(data), *_names_of(models)) if isinstance(name, str))


def scrubbed_result(scrubber: Scrubber, result: AuditResult) -> AuditResult:
    """The result as it may be written; it says so where something was taken out of it."""
    # the whole result at once, so that a name gets the same stand-in wherever it occurs
    clean = scrubber.record(result)
    count = removed(clean)
    if not count:
        return clean
    sentence = (
        f"{count:,} text{'s' * (count != 1)} held an e-mail address, a key, an account number or a name of the machine"
    )
    notes = (*clean.provenance.notes, f"{sentence}; [removed: …] stands in the place of each")
    return clean.model_copy(update={"provenance": clean.provenance.model_copy(update={"notes": notes})})


def _names_in(data: AuditData) -> Iterator[object]:
    yield from (data.name, data.label_name)
    if hasattr(data.inputs, "columns"):
        for feature in data.schema:
            yield from (feature.name, *map(spelling, feature.categories))
    else:
        yield from data.feature_names
    for attribute, values in data.cells.values.items():
        yield from (attribute, *values)


def _names_of(models: Iterable[Model]) -> Iterator[object]:
    for model in models:
        yield from (model.name, *map(spelling, model.classes or ()))
