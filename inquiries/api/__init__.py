"""The same deeds for machines: REST with tokens."""
