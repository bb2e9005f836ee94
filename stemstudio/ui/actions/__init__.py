"""What can be done from menus and keys, as data: one file per menu."""
