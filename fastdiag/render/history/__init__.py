"""What was kept, on every surface."""
