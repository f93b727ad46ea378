"""Undo: a fate for everything the migration touched, then exactly that."""
