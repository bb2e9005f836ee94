"""Panels: each shows a part of the studio and calls its methods; none knows another."""
