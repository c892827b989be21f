"""Maps the four folders to `zhenzan.<folder>`; subpackages are found, never listed by hand."""

from setuptools import find_packages, setup

LAYERS = ("features", "models", "detector", "api")

setup(
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
        "": ["py.typed", "*.sql", "*.j2", "*.css", "*.js", "*.json", "*.svg", "*.txt", "*.toml"]
    },
)
