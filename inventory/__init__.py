"""The stock: locations, levels, the ledger, reservations. What an order is, it does not know: a reference."""
