"""Trials of the rules: on the screen, for scripts, for CI servers."""
