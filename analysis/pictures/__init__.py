"""Common code for drawing charts; the pictures of claims are next to the claims."""
