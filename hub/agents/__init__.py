"""Agents and devices: who they are, their sessions and tokens, and who may do what."""
