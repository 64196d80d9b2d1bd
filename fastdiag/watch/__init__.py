"""The live screen: one look after the other, at a bounded cost.

``session`` decides when to look and what becomes of it; ``screen`` and ``lines`` are the two ways to show it.
"""
