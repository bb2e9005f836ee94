"""Taking stems home: what files are called and how they are written, one file per container or layout."""
