"""The embedded drawings, one file for each kind of thing; `canvas` paints, `scenery` sets the scene."""
