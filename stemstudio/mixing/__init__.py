"""How sources become one stereo sound: gain, pan, fold-down, mixer and the levels that meters show."""
