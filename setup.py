"""What pyproject.toml cannot say: an editable installation, which `make lesson` makes, brings the data files too."""

from setuptools import Distribution, setup


class WithDataFiles(Distribution):
    """Before it installs data files beside an editable package, setuptools asks for `has_data`, which is nowhere."""

    def has_data(self) -> bool:
        """Whether there are data files; pyproject.toml lists them."""
        return self.has_data_files()


setup(distclass=WithDataFiles)
