"""Work that happens elsewhere: jobs, the lanes they run in, and the runner that owns both."""
