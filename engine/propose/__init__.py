"""Propose: look at what was staged, and propose a fate for every field of it."""
