"""What shapes the sound of a stem: one file per effect, the chain that is data, and the source that renders it.

Effect modules import cheaply, so that forms and files can be made of their parameters; numba is imported when an effect
is first run. The loops that it compiles are in `kernels`.
"""
