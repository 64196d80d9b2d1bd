"""Many snapshots as one view, on every surface."""
