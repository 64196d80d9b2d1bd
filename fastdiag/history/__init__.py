"""Diagnoses kept over time: SQLite in the state directory, or PostgreSQL where several hosts share it."""
