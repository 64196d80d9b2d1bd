"""The production-readiness checklist, answered from code, processes, metrics and the database."""
