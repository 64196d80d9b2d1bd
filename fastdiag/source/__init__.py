"""Python source, read and never run: files, names, types, calls."""
