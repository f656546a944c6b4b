"""Readers: tables and arrays of every kind, from memory and from files, made into audit data."""

from __future__ import annotations

from auditkit.data.readers.table import read_table

__all__ = ["read_table"]
