"""What an audit of source code found, on every surface."""
