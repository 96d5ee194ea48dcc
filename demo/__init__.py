"""The playground: a page on which a spatial transformer can be watched at work."""
