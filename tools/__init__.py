"""Pure functions shared by connectors, engine and models."""
