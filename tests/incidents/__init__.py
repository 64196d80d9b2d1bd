"""Real faults on real stacks, and how well `fastdiag snapshot` names them."""
