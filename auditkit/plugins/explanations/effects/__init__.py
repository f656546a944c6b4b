"""How does the output change with one column, and how far can a curve of that be believed?"""
