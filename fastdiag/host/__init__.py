"""Reads the machine: processes, TCP sockets and server process trees. It reports; it never judges health."""
