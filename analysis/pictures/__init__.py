"""What charts are drawn with; the pictures of claims stand beside the claims."""
