"""YAML written by people: every value knows its file, line and column, and nothing is read by surprise."""
