"""Post office: letters go into the outbox in the deed's transaction and leave afterwards."""
