"""One file a format, each a pure function of a Diagnosis; what they have in common stands beside them.

headline.py       the verdict in one sentence
outline.py        causes as a tree: consequences under what drives them
sight.py          what was seen and what was not: worst parts, biases, unknowns, cost
words.py          numbers and lists as people say them
terminal.py       the screen, through paper.py
markdown.py       the same for a ticket
json.py           the contract for scripts, and the saved snapshot
snapshot_file.py  the way back: JSON to Snapshot
"""
