"""Reports as pages: one self-contained HTML file."""
