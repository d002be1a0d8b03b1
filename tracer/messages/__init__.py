"""Finds the texts for people in the sources and maintains the catalogues of translations."""
