"""Connections by libpq, shared by the sources that speak PostgreSQL's protocol: a server, and PgBouncer."""
