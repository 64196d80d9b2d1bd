"""What makes other programs run fastdiag regularly: systemd, cron, Kubernetes."""
