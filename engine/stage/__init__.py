"""Stage: pull the source into the staging area, and look at what came."""
