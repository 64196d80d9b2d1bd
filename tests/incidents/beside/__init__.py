"""What stands beside the service: servers, limits, and what can happen to them; see `companions`."""
