"""A report's own sections, on every surface but the page (see html)."""
