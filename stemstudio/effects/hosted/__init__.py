"""Plug-ins of other makers (VST3, on macOS also Audio Units), each in a process of its own.

A plug-in that crashes or hangs takes that process along and nothing else: its effect then lets the sound through.
"""
