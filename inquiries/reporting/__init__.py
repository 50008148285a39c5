"""What we learnt: figures with their definitions."""
