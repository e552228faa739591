"""Tests of the stock ledger."""
