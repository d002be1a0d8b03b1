"""What loops do over the time of a recording: what the page of a trace draws."""
