"""A report: the diagnosis of now, joined with its past, told to those who want to know."""
