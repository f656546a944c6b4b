"""What every explanation uses: attributions, backgrounds, outputs, and how far columns carry a model."""
