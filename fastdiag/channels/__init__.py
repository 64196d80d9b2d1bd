"""Sending what was found: to people by chat, webhook and mail, and its metrics to a file or a Pushgateway.

Each place is a module with one way in: it sends once, within a time that it is given, or raises
DeliveryError. ``attempts`` tries again where that may help; ``send`` does all at once and reports on each.
"""
