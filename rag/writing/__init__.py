"""Answers written by a language model, none of whose words is shown before it has been checked against what is held.

In reading order: `sources` (what the model is given), `prompt` (how), `stream` (its words, sentence by sentence),
`reading` and `support` (whether a sentence is supported by what it cites), `checker` (one sentence, all checks),
`breaker` (leaving a failing model alone), `writer` (all of it as one composer), `record` (what is kept about it).
"""
