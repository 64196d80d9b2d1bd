"""The readiness checklist and how the service stands on it, for people and for scripts."""
