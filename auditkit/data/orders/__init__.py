"""Columns read as ordered numbers: a view for checks; the model is given what stands in the table."""

from auditkit.data.orders.column import numbers_of, order_of
from auditkit.data.orders.digits import days_of
from auditkit.data.orders.notation import NO_DATES, Notation
from auditkit.data.orders.order import Order

__all__ = ["NO_DATES", "Notation", "Order", "days_of", "numbers_of", "order_of"]
