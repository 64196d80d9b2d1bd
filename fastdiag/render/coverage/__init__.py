"""The observability checklist, answered, on every surface."""
