"""JSON Schema of rule files, for editors: completion of keys, ids and words, and what each means on hover.

Generated from the shapes by which the loader reads, so that an editor and the loader agree on every key. It
knows less than the loader (units, the grammar of conditions): `fastdiag rules lint` has the last word.
"""

from fastdiag.rulebook.editor.schemas import schemas
from fastdiag.rulebook.editor.write import FOLDER, texts

__all__ = ["FOLDER", "schemas", "texts"]
