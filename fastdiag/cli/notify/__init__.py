"""`fastdiag notify`."""
