"""The incidents, one file each: the file defines INCIDENT, and that is all it takes to add one.

What makes a good one is told in tests/incidents/README.md.
"""
