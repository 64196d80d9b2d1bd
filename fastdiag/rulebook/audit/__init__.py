"""rules/audit/: what the audit of source code looks for, and which calls block."""
