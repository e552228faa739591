"""Carts, orders, their flow, payments and assignments. How stock is counted is `inventory`'s business."""
