"""Trials: what the table makes of its examples and scenarios, and whether they notice a change in it."""

from fastdiag.trial.cases import cases_of, snapshot_of
from fastdiag.trial.examples import Trial, run_trial, run_trials
from fastdiag.trial.run import Asked, try_table

__all__ = [
    "Asked",
    "Trial",
    "cases_of",
    "run_trial",
    "run_trials",
    "snapshot_of",
    "try_table",
]
