"""Copies that leave the box: what goes into them, how they are written, read, tried and thinned out.

A backup is the journal, not the file. Replaying the journal through the appliers gives every state row again
by construction, so a *piece* holds entries with their private parts and kept answers, the signed heads, what
replay does not give (`contents.py` names every table and what becomes of it), and nothing of SQLite's own. One
`whole` piece a night holds everything from the first entry on, with a digest of every state table; `rows`
pieces follow it, at most `every_s` behind. Restoring decrypts, checks each hash, and replays: the same code
that made the rows in the first place.

Each piece is one file: 1,024 bytes of plain header, signed by the box, and gzipped lines encrypted with age to
public keys whose private halves are elsewhere. `tail -c +1025 PIECE | age -d -i KEY | gunzip` reads it without us.

The stream is a process of its own (`mbote backup --follow`) and reads the database as any reader does: it
takes no lock, writes nothing to the card, and a stick that hangs in the kernel hangs it and not the hub.
"""
