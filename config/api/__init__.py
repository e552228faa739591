"""The REST kit that every app's ``api`` uses: error shape, paging, dialects, conditional reads, idempotency.

It knows HTTP and nothing of any shop.
"""
