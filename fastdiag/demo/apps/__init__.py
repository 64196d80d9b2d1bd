"""The service that the demo runs, written as people write one, and the payment provider that it calls."""
