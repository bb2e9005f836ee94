"""Dialogs: each asks one thing and gives back a value; none changes the project itself."""
