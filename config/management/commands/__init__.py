"""`serve`, `render_docs`, and those that need several apps: imports, replays, the demo shop."""
