"""The exchange with the centre: what the outbox holds leaves, what the centre says comes in, both signed.

`ways` a folder or an address · `sender` the thread that sends · `asker` the thread that asks and looks ·
`model`, `store` the centre's letters and what becomes of them · `inbox` what can be asked about them · `running` the
threads of a running hub · `pages` what is shown
"""
