"""The advisor's desk: queue, inquiry page, answer, note, hand over."""
