"""The REST door of stock: ``/api/stock`` and ``/api/products/{id}/stock``. It has no rule of its own."""
