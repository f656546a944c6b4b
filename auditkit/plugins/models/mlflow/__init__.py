"""Models of MLflow: found in a registry or a run, opened by the flavour that its MLmodel file names, or live."""
