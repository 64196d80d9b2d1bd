"""Frames of the live screen."""
