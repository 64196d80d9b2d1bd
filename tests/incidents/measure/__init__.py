"""Measurements that confirm a fault and in which fastdiag has no part."""
