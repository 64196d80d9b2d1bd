"""The present configuration, for a run that another program starts: later, elsewhere, without a person."""
