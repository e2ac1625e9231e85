"""Queues: tickets and their stages, counters, calling, routing, the business day."""
