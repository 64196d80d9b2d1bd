"""Prometheus rules made of the rule table and of the metrics that a server has.

`look` finds which metric tells which signal, as a snapshot does; `signals` writes a signal as PromQL;
`conditions` a condition over signals; `make` joins them; `document` and `cases` write the files.
"""
