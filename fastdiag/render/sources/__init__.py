"""What can be seen and what it would take, on every surface."""
