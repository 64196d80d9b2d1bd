"""What breaks first, on every surface."""
