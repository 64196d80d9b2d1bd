"""From a snapshot and a rulebook to a diagnosis. Pure: the same input gives the same output."""
