"""The lab: material, mixing, losses and the loop that trains a separator."""
