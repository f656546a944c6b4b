"""Columns read as ordered numbers: a view for checks; the model is given what stands in the table."""

from auditkit.data.orders.column import days_of, numbers_of, order_of
from auditkit.data.orders.order import NO_DATES, Notation, Order

__all__ = ["NO_DATES", "Notation", "Order", "days_of", "numbers_of", "order_of"]
