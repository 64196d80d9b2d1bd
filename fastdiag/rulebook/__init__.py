"""Rule files: read with their places, checked, and turned into the typed table of the model."""
