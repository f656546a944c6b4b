"""The door to models of MLflow."""
