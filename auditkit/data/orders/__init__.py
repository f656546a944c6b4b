"""Columns read as ordered numbers: a view for checks; the model is given what stands in the table."""

from __future__ import annotations

from auditkit.data.orders.column import EARLIEST, Order, days_of, numbers_of, order_of
from auditkit.data.orders.notation import Notation, Said

__all__ = ["EARLIEST", "Notation", "Order", "Said", "days_of", "numbers_of", "order_of"]
