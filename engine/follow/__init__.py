"""Follow: what changes at the source after the load, and what goes there."""
