"""Whom a visit is about and who asked: what every service at the counter shares of it."""
