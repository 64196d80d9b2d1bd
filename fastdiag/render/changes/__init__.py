"""What changed between two snapshots, on every surface."""
