"""Any of the services beside it, with one line added.

INSTRUMENTED names its module, EXPOSE the path of a metrics page where it has none.
"""

import importlib
import os

from fastdiag.instrument import instrument

app = importlib.import_module(os.environ["INSTRUMENTED"]).app
instrument(app, expose=os.environ.get("EXPOSE"))
