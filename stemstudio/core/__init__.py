"""The words that every room speaks: sound, stems, parameters, progress and errors.

Imports nothing of the program and no library but numpy.
"""
