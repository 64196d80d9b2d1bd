"""The flight recorder: an alert or a symptom takes a snapshot at that moment, within bounds.

``Recorder.consider`` is the whole of it for who sees symptoms himself (`fastdiag watch --record`); ``alerts``
and ``server`` receive them from Alertmanager (`fastdiag serve`).
"""

from fastdiag.model.record_limits import Limits
from fastdiag.recorder.recorder import Recorder
from fastdiag.recorder.recording import Declined, Recording, Refusal, Trigger

__all__ = ["Declined", "Limits", "Recorder", "Recording", "Refusal", "Trigger"]
