"""Back-office work between visitors (requirements R-434): offered to whom nobody waits for, put down for people.

An agent at such work keeps the counter: it stays free, *Suivant* works as ever, and a call, a break or leaving ends the
work. What is offered is what the counter services hold open for that agent (`Pending.between`); who takes it up, who is
called back and why are facts of the journal.
"""
