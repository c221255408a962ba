"""Every sampler with every scheduler, measured: what lesson 16 chooses from."""

from course_lib.atlas.table import MEASURES, Atlas, Found, open_atlas, sheet

__all__ = ["MEASURES", "Atlas", "Found", "open_atlas", "sheet"]
