"""The catalog: products with variants, options, prices and markets, flash sales of them, reviews, wishlists.

What is in stock, and who bought what, it asks through its ports.
"""
