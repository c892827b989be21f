"""Maps the four folders to `zhenzan.<folder>`; subpackages are found, never listed by hand."""

import shutil

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

LAYERS = ("features", "models", "detector", "api")


class CleanBuild(build_py):
    """Starts from nothing: a module deleted since the last build must not live on in `build/`."""

    def run(self) -> None:
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


setup(
    cmdclass={"build_py": CleanBuild},
    packages=[
        name
        for layer in LAYERS
        for name in (
            f"zhenzan.{layer}",
            *(f"zhenzan.{layer}.{sub}" for sub in find_packages(layer)),
        )
    ],
    package_dir={f"zhenzan.{layer}": layer for layer in LAYERS},
    package_data={
        "": [
            "py.typed",
            "*.sql",
            "*.j2",
            "*.css",
            "*.js",
            "*.json",
            "*.svg",
            "*.md",
            "*.txt",
            "*.toml",
            "*/*.txt",
            "*/*.toml",
        ]  # folders of data alone are no packages
    },
)
