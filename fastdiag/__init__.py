"""fastdiag turns the symptoms of a FastAPI service into ranked causes."""

__version__ = "0.1.0"
