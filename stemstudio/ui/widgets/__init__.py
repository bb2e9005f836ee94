"""Small controls that know nothing of the program: they are given values and say when a person changed them."""
