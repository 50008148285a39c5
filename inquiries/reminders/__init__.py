"""What time does to a file: the weekly digest."""
