"""Learning from data: the trainer, what drives it, and what it keeps."""
