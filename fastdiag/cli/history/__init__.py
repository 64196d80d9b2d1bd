"""`fastdiag history`: what earlier diagnoses found."""
