"""The sections that plugins add to the report, made once from the result, and saved in it."""

from auditkit.checks import Offer
from auditkit.errors import PluginError
from auditkit.host import Host
from auditkit.judge import outcome_of
from auditkit.results import AuditResult, Section
from auditkit.run.figure_contract import faults_of_figure
from auditkit.text import class_name


def with_sections(host: Host, result: AuditResult) -> AuditResult:
    """The result with the sections of all plugins; one that goes wrong is a fault, and the others stand.

    Of what is published there are none: what a section tells is tied to no count of which it is known that it may be
    told.

    Args:
        host: whose plugins offer sections.
        result: judged, and without what may not be written.
    """
    offers = host.rows("register_sections")
    if not offers:
        return result
    if result.data.disclosure == "publish":
        named = ", ".join(sorted(offers))
        note = f"sections of plugins are not published, for nothing says of which counts they tell: {named}"
        provenance = result.provenance.model_copy(update={"notes": (*result.provenance.notes, note)})
        return result.model_copy(update={"provenance": provenance})
    # faults of loading are in the outcome already; only those of building are new
    known, sections = len(host.faults), []
    for id, offer in sorted(offers.items()):
        try:
            section = _built(id, offer, result)
        except PluginError as error:
            host.fault(str(error))
            continue
        if section is not None:
            sections.append(section)
    outcome = result.outcome
    if len(host.faults) > known:
        outcome = outcome_of(result.verdicts, result.results, host.faults, outcome.notes)
    return result.model_copy(update={"sections": tuple(sections), "outcome": outcome})


def _built(id: str, offer: Offer, result: AuditResult) -> Section | None:
    """One section, held to its schema; None where its plugin has nothing to say.

    Raises:
        PluginError: it cannot be made.
    """
    subject = f"the section {id!r}"
    with offer.blamed(subject):
        content = offer.value.build(result.model_copy(deep=True))  # a copy: what the plugin writes to it is lost
        if content is None:
            return None
        if not isinstance(content, Section):
            raise offer.error(f"{subject} must give an auditkit.results.Section or None; it gave {class_name(content)}")
        names = {"id": id, "title": offer.value.title, "plugin": offer.plugin, "plugin_version": offer.version}
        # validated anew, for model_copy and model_construct validate nothing
        section = Section.model_validate(content.model_copy(update=names).model_dump(warnings=False))
    fault = next((fault for figure in section.figures for fault in faults_of_figure(figure)), "")
    if fault:
        raise offer.error(f"{subject}: {fault}")
    return section
