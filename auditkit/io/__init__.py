"""Files that are whole or absent, and JSON that has one meaning."""
