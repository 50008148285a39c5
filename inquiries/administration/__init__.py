"""What operators and administrators do: catalogue, demo data, outgoing mail, jobs, doctor."""
