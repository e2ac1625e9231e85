"""`mbote centre`: the receiver that stands before the central database, and lets an integrator see both sides.

It keeps what agencies say once for its key, checks signatures and order, hands each message to whoever feeds the
central database, and gives back what became of it, with lists and notices, in signed letters. It knows nothing of a
hub but the lines that travel (`hub/envelope.py`).

`rules` what a message is to us · `store` what is kept · `adapter` who integrates · `receiver` taking in and answering ·
`web` over HTTP(S) · `carrying` over folders and sticks · `place` a centre's folder: its keys and its agencies
"""
