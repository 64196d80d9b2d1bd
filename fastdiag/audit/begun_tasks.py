"""Every place that begins background work, as a setting: the checklist asks which of it is critical."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastdiag.audit.background_work import begun
from fastdiag.model.audit import Setting
from fastdiag.source.project import Project

PREFIX: Final = "background"


def settings(project: Project) -> Iterator[Setting]:
    """Yield `background.BackgroundTasks` and `background.create_task`, each with the name of the work."""
    for one in begun(project):
        yield Setting(name=f"{PREFIX}.{one.means}", place=one.call.place, text=one.text, value=one.text)
