"""`serve` and `render_docs`."""
