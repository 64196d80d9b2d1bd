"""The demo's stage: real processes, real faults, and nothing left of them."""
