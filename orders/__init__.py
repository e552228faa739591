"""Carts, orders, their flow and assignments, payments. How stock is counted is `inventory`'s business."""
