"""People, organisations, municipalities and absences; log-in."""
