"""Anlaufstelle: every inquiry reaches the right advisor, is answered in time, and none is lost.

An inquiry is a file that travels down a corridor; each package is a room on its way:
intake (front door), classification (what is it about?), routing (who takes care?), casework (the
advisor's desk), knowledge (what do we know already?), reminders (what time does to it), reporting
(what did we learn?). casefile is the file itself, accounts the people, mail the post office,
platform the ground. administration, api and app stand at the entrance. Imports go one way only:
see the contracts in pyproject.toml.
"""
