"""The demo shop: shoes, clothes and a bakery, all of it made up. Data, and what loads it; no rules."""
