"""Models of the library transformers: live, as pipelines, and as folders of `save_pretrained`."""
