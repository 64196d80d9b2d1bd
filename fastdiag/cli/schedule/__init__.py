"""`fastdiag schedule`: what makes other programs run `fastdiag report` regularly."""
