"""The REST doors of carts and orders."""
