"""How good a separation is, measured against the true stems."""
