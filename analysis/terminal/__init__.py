"""Tables and colours for a terminal."""
