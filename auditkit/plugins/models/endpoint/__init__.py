"""Models behind HTTP: the only network in auditkit."""
