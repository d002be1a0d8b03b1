"""Finds the texts for people in the sources and keeps the catalogues of translations."""
