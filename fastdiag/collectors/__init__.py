"""One file a source. A collector fills its sink and ends by itself; gather.py holds the deadline."""
