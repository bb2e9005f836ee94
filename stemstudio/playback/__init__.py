"""Playing without a window: what sounds next, the ring between renderer and device, and a clock where no device is."""
