"""What can be listed without measuring: plugins, checks, schemas. Imports neither torch nor pandas."""

import json as json_module
import sys
from collections.abc import Sequence
from typing import Any

from auditkit.checks import Check
from auditkit.command.explanation import listed_rows
from auditkit.errors import ConfigError
from auditkit.hookspecs import API
from auditkit.host import Host
from auditkit.plugins.models.extras import file_needs
from auditkit.results import AuditResult, Comparison
from auditkit.run.plan import missing_extra
from auditkit.settings import Settings
from auditkit.text import one_line


def plugins(plugin_names: Sequence[str], *, json: bool) -> int:
    """Print every plugin seen; exit code 3 where one that was asked for did not load."""
    host = Host(plugin_names)
    infos = host.plugins()
    rows = [_check_row(host, id) for id in host.checks()]
    trainers = sorted(host.trainers())
    named = {"rule packs": [path.stem for path in host.rules()]}
    for listed in listed_rows(host):
        named.setdefault(f"{listed.kind}s", []).append(listed.name)
    if json:
        document = {
            "api": API, "plugins": [info.model_dump(mode="json") for info in infos], "checks": rows,
            "trainers": trainers, "faults": host.faults, "named": named, "model_files": file_needs(),
        }  # fmt: skip
        _print_json(document)
        return 3 if host.faults else 0
    for info in infos:
        state = "loaded" if info.loaded else "not loaded" if info.error else "seen, not loaded"
        version = f" {info.version}" if info.version else ""
        distribution = f" ({one_line(info.distribution)}{version})" if info.distribution else version
        print(f"{one_line(info.name)}{distribution}, {info.source}: {state}")
        if info.hooks:
            print(f"    hooks: {', '.join(info.hooks)}")
        if info.error:
            print(f"    error: {info.error}")
        for row in rows:
            if row["plugin"] == info.name:
                needs = ", ".join(row["needs"]) or "nothing"
                print(f"    {row['id']}: {row['question']}")
                print(f"        needs {needs}" + (f"; {row['missing']}" if row["missing"] else ""))
                if row["reference"]:
                    print(f"        {one_line(row['reference'], 300)}")
    for kind, names in {"trainers": trainers, **named}.items():
        if names:
            print(f"{kind}: {', '.join(map(one_line, names))}")
    print("model files and their extras:")
    for ends, need in file_needs().items():
        print(f"    {ends}: {need}")
    for fault in host.faults:
        print(f"auditkit: {one_line(fault, 500)}", file=sys.stderr)
    return 3 if host.faults else 0


def schema(name: str, plugin_names: Sequence[str]) -> int:
    """Print a JSON Schema."""
    if name == "results":
        _print_json(results_schema())
    elif name == "config":
        _print_json(_config_schema(Host(plugin_names)))
    else:
        raise ConfigError(f"schema must be 'results' or 'config'; {name!r} was given")
    return 0


def results_schema() -> dict[str, Any]:
    """The JSON Schema of results.json."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "results.json of auditkit",
        "anyOf": [AuditResult.model_json_schema(), Comparison.model_json_schema()],
    }
    return _hoisted(document)


def _check_row(host: Host, id: str) -> dict[str, Any]:
    offer = host.checks()[id]
    kind: type[Check] = offer.value
    missing = missing_extra(kind)
    return {
        "id": id, "plugin": offer.plugin, "question": one_line(kind.about().question),
        "needs": sorted(map(str, kind.needs)), "reference": kind.reference,
        "missing": missing.message if missing else "",
    }  # fmt: skip


def _config_schema(host: Host) -> dict[str, Any]:
    """The schema of auditkit.toml, with the parameters of every check and trainer."""
    document = Settings.model_json_schema()
    checks = {id: offer.value.model_json_schema() for id, offer in host.checks().items()}
    document["properties"]["checks"] = {"type": "object", "properties": checks, "additionalProperties": False}
    trainers = [
        {
            "if": {"properties": {"trainer": {"const": id}}},
            "then": {"properties": offer.value.model_json_schema()["properties"]},
        }
        for id, offer in host.trainers().items()
    ]
    # each trainer has parameters of its own, and which is meant stands in a field beside them
    document["$defs"]["TrainSettings"]["allOf"] = trainers
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return _hoisted(document)


def _hoisted(document: dict[str, Any]) -> dict[str, Any]:
    """The same schema with every nested `$defs` at the top, where `$ref` looks for it."""
    definitions: dict[str, Any] = {}

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            # pydantic puts `$defs` beside each model, and `$ref` means those at the top
            defs = value.get("$defs")
            if isinstance(defs, dict):
                definitions.update({name: walk(content) for name, content in defs.items()})
            return {key: walk(content) for key, content in value.items() if key != "$defs"}
        return [walk(content) for content in value] if isinstance(value, list) else value

    return {**walk(document), "$defs": definitions}


def _print_json(document: Any) -> None:
    print(json_module.dumps(document, indent=1, sort_keys=True, allow_nan=False))
