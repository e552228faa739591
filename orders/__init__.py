"""Carts, orders, their flow and assignments. How stock is counted is `inventory`'s business."""
