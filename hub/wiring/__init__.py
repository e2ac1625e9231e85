"""The page that is taped inside a box: which wire goes where, read from the configuration of this agency.

header.py   the forty places of a Raspberry Pi's header
wires.py    settings → what is wired to which place, and through which sockets and ports the box speaks
page.py     that, as a page to print (page.html) or as text
"""
