"""Evaluation: question sets in, a reproducible record out, two runs compared, a gate.

In reading order: `cases` (what is asked and where the answer stands), `measures` (one number each), `record` (what a
run leaves behind), `scoring` (a case's scores, a run's summary), `answerers` (who is asked), `run`, `compare`, `gate`,
`report` with `plots` and `excerpts`, `authoring` (cases out of answers and spreadsheets), `beir` (other people's
collections and runs), `retrieval` and `quality` (the tables of docs/quality.md), `judge` (a language model's view).
"""
