"""`fastdiag rules`: reading, checking and extending the rule table."""
