"""Where the files of a model lie that a local registry or run of MLflow names; nothing is asked of any server."""

import os
import pathlib
import re
import urllib.parse
from typing import Any, Final

from auditkit.errors import ModelFileRejected, require
from auditkit.text import class_name, one_line

LOCAL: Final = ("", "file", "sqlite")
"""Schemes of stores on this machine."""
SERVICES: Final = ("databricks", "uc:")
"""What names of hosted stores begin with, which may have no scheme."""
STEPS: Final = 3
"""A version may name a logged model, which names its files."""
_DOWNLOAD: Final = "Download it first, with `mlflow artifacts download -u {uri} -d folder`, and give path = the folder"


def folder_of(uri: str) -> pathlib.Path:
    """The folder of files that a URI of MLflow names.

    Args:
        uri: `models:/name/version`, `models:/name@alias`, `models:/m-…` (a logged model) or `runs:/id/path`.

    Raises:
        ModelFileRejected: the store or the files are not on this machine, or there is no such model.
    """
    mlflow = library()
    for kind, store in (("tracking", mlflow.get_tracking_uri()), ("registry", mlflow.get_registry_uri())):
        _check_local(store, f"the {kind} store of MLflow", uri)
    try:
        location = uri
        for _ in range(STEPS):
            if not location.startswith(("models:/", "runs:/")):
                break
            location = _location(mlflow.MlflowClient(), location)
    except ModelFileRejected:
        raise
    except Exception as error:  # of any store of MLflow
        raise ModelFileRejected(
            f"{one_line(uri)}: MLflow finds no such model at {one_line(mlflow.get_tracking_uri())}: "
            f"{class_name(error)}: {one_line(error, 300)}"
        ) from error
    _check_local(location, "the files of the model", uri)
    parts = urllib.parse.urlparse(location)
    return pathlib.Path(urllib.parse.unquote(parts.path) if parts.scheme else location)


def library() -> Any:
    """MLflow, which is told to report to nobody that it is used."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    return require("mlflow", "mlflow")


def _check_local(store: str, noun: str, uri: str) -> None:
    parts = urllib.parse.urlparse(str(store))
    if str(store).startswith(SERVICES):
        parts = urllib.parse.urlparse(f"databricks://{store}")
    if parts.scheme not in LOCAL or (parts.scheme == "file" and parts.netloc not in ("", "localhost")):
        raise ModelFileRejected(
            f"{one_line(uri)}: {noun} must be on this machine, for auditkit opens no model over the network; it is "
            f"{one_line(parts.scheme)}://{one_line(parts.hostname or '…')}. {_DOWNLOAD.format(uri=one_line(uri))}"
        )


def _location(client: Any, uri: str) -> str:
    """One step from a URI towards the files."""
    scheme, _, rest = uri.partition(":/")
    name, _, place = rest.strip("/").partition("/")
    if scheme == "runs":
        return _of_run(client, name, place)
    if place == "" and "@" not in name:
        return str(client.get_logged_model(name).artifact_location)
    if place == "":
        name, _, alias = name.partition("@")
        place = str(client.get_model_version_by_alias(name, alias).version)
    if not re.fullmatch("[0-9]+", place):
        raise ModelFileRejected(
            f"{one_line(uri)}: name a version or an alias, as in models:/{one_line(name)}/1 or "
            f"models:/{one_line(name)}@champion; a stage moves from model to model"
        )
    return str(client.get_model_version_download_uri(name, place))


def _of_run(client: Any, run_id: str, place: str) -> str:
    run = client.get_run(run_id)
    outputs = getattr(run, "outputs", None)
    # a model that a run logged lies beside the run, under an id of its own
    for output in getattr(outputs, "model_outputs", ()):
        logged = client.get_logged_model(output.model_id)
        if logged.name == place:
            return str(logged.artifact_location)
    return f"{run.info.artifact_uri.rstrip('/')}/{place}"
