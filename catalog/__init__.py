"""The catalog: products, variants, options, prices, markets. What is in stock it asks through its port."""
