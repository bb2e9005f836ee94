"""Files and samples: reading, writing, resampling, the clip store, peaks for drawing, loudness."""
