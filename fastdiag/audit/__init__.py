"""What the code of a service does that production will test: checks over `fastdiag.source`."""
