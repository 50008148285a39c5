"""The timetable: all periodic work as one readable list, and the clock that carries it out."""
