"""Logs: where lines come from, and what they say."""
