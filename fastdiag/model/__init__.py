"""The vocabulary of fastdiag as plain, frozen data. Imports nothing of ours but errors."""
