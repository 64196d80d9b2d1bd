"""Tests of fastdiag.host: real processes, real sockets, and planted trees for what cannot be provoked."""
