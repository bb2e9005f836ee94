"""Separation that learned: networks, cards that describe trained weights, and the backend that runs them."""
