"""How long somebody who takes a ticket now will wait: a range that holds, never a point (requirements C.5).

    picture ──► predictors ──► blend (from the first minute, weighed online)  ──┐
       │                                                                        ├──► ranges: P10–P90, P20–P80
       └──────────► trees (learned at night, used where they proved better) ────┘

Everything here is a pure function or a value that is told what happened: no clock, no file of the hub, no SQL. The
hub and `mbote bench waits` tell it the same things in the same order. Durations are minutes.
"""
