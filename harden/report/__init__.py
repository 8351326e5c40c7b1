"""Reports of a scan, one module per format."""
