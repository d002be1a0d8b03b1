"""What charts are drawn with; the pictures of claims are next to the claims."""
