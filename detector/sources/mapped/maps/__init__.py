"""The built-in maps, one TOML file each; a package so that they are shipped."""
