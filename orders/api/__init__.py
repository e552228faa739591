"""The REST doors of carts, orders and payments."""
