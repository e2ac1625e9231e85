"""Everything that has a wire: the only place that imports gpiozero, luma or escpos.

The vendor's library is imported inside `open`, so that a laptop needs no driver and a hub-only
box needs none of them. Every class has the same habits: made from plain values, `open`, one verb,
`close` that may be called twice, a short `repr`.
"""
