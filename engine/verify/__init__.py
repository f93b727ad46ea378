"""Verify: rehearse on a sample, read everything back, balance the books."""
