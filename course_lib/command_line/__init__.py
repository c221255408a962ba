"""What the command line needs beside the pipeline: pictures that hold their settings, a console that never fails."""
