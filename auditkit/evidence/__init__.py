"""What the evidence is made of: safe files, the manifest, provenance, and writing the whole run folder."""
