"""Follow-up by a visitor's own telephone: off by default, and apart from everything else of the hub.

`page` what is shown · `listener` the one door that shows it, on a port and an address of its own · `relay` the other
way: how all tickets stand, told to an operator's relay. What is said of a ticket is decided in `hub/queues/followup`.
"""
