"""Privacy: what of people is kept how long, and what of one person is kept at all.

Retention: `classes.toml` which facts are kept how long · `classes` reads it · `model` proposals and facts · `rules` who
may approve what · `store` what is due · `actions` proposing, approving · `purge` destroying · `paper` the certificate.
`report`: everything about one person, and who looked. `pages` what is shown
"""
