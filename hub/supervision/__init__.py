"""Supervision: the live board, the statistics, and the day's report.

It reads; what it changes (the day, the mode) it asks of the queues like everybody else.
"""
