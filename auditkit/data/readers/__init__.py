"""Readers: tables and arrays of every kind, from memory and from files, made into audit data."""

from auditkit.data.readers.table import read_table
from auditkit.data.readers.table_settings import TableSettings, table_settings

__all__ = ["TableSettings", "read_table", "table_settings"]
