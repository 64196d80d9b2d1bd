"""The observability checklist, answered from what the service lets be seen."""
