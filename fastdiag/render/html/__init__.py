"""A report as one HTML file that is complete in itself: nothing is loaded, nothing runs, nothing is sent.

page.py      the document: templates, style, and the policy that lets a browser load nothing
first.py     the first screen: what is wrong, how sure that is
act.py       what to do now
causes.py    ranked causes with their ledger
figures.py   key signals over time, with marks and the stages of a failure; their numbers as tables
chart.py     one drawing
scale.py     round numbers and moments for axes
room.py      headroom
changes.py   what changed since the last report
past.py      what recurs, and what happened
seen.py      sources, what may mislead, what was not seen
parts.py     what several of these are made of

Each of them says in plain data what templates/ lays out. Whatever is printed is escaped by the template
engine and made one printable line before.
"""

from fastdiag.render.html.page import render

__all__ = ["render"]
