"""Tests of carts and orders."""
