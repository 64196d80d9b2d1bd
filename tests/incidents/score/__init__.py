"""How often fastdiag is right: counted over the recorded live incidents and the public ones."""
