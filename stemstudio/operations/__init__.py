"""What a person does: import, separate, mix, export.

Each operation is a value: a job that runs elsewhere on frozen input, and how its result changes the document. The
window and the command line use the same ones.
"""
