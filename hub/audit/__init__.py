"""Audit: the journal as people read it. Who did what, when, from where and why; who could; and a copy with its proofs.

`model` what is read and what reading leaves behind · `rules` families of events, filters, duties that exclude each
other · `store` searching in pieces · `actions` what can be asked · `export` a copy that proves itself ·
`verifier.py` checks such a copy on a PC without Mbote · `pages` what is shown
"""
