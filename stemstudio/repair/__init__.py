"""Mending sound: selections in time and frequency, what finds them, and the methods that repair what they hold."""
