"""Show findings, previews and decisions in the terminal."""
