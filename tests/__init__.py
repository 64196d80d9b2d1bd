"""Tests: mirrors `fastdiag/`, plus real servers (`stack`) and real faults on real stacks (`incidents`)."""
