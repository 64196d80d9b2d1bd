"""Pools of database connections, found by themselves at the first checkout."""
