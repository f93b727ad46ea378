"""Structure: who is a company, who stands above whom, decided before the load."""
