"""The agent's page: the visit at the counter, the call bar, and the counter services as tabs."""
