"""Addresses: what begins with a prefix, and what only looks as if it did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zhenzan.api.jobs.urls import Address, allowed_url, parse_prefix
from zhenzan.features.errors import UsageError

PREFIXES = [
    parse_prefix(text, "acme")
    for text in (
        "https://data.example.com/exports/",
        "http://10.0.0.7:9000/open",
        "s3://bucket/{tenant}/",
    )
]


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://data.example.com/exports/a.csv", "data.example.com", "/exports/a.csv"),
        ("https://DATA.example.com:443/exports/x/b.csv", "data.example.com", "/exports/x/b.csv"),
        ("https://data.example.com/exports/%20.csv?sig=1", "data.example.com", "/exports/%20.csv"),
        ("http://10.0.0.7:9000/open/a", "10.0.0.7", "/open/a"),
        ("s3://bucket/acme/engagement.parquet", "bucket", "/acme/engagement.parquet"),
    ],
)  # fmt: skip
def test_what_begins_with_a_prefix_is_allowed(url: str, host: str, path: str) -> None:
    found = allowed_url(url, PREFIXES)
    assert (found.text, found.host, found.path) == (url, host, path)


REFUSED = [
    "https://data.example.com.evil.example/exports/a.csv",
    "https://data.example.com@evil.example/exports/a.csv",
    "https://user:secret@data.example.com/exports/a.csv",
    "https://evil.example/https://data.example.com/exports/a.csv",
    "http://data.example.com/exports/a.csv",
    "https://data.example.com:8443/exports/a.csv",
    "https://data.example.com/exports",
    "https://data.example.com/exports/",
    "https://data.example.com/exports-secret/a.csv",
    "https://data.example.com/exports/../secret/a.csv",
    "https://data.example.com/exports/%2e%2e/secret/a.csv",
    "https://data.example.com/exports/%252e%252e/secret/a.csv",
    "https://data.example.com/exports/..%2fsecret/a.csv",
    "https://data.example.com/exports/a%2fb.csv",
    "https://data.example.com/exports/./a.csv",
    "https://data.example.com/exports//a.csv",
    "https://data.example.com\\@evil.example/exports/a.csv",
    "https://data.example.com/exports/a.csv#https://evil.example",
    "https://data.example.com/exports/a\r\nHost: evil.example",
    "https://data.example.com/exports/a%0d%0ab.csv",
    "https://data.example.com./exports/a.csv",
    "https://dаta.example.com/exports/a.csv",  # a Cyrillic letter
    "s3://bucket/other/engagement.parquet",
    "s3://bucket/acme/../other/x.parquet",
    "s3://bucket/acme/x.parquet::file:///etc/passwd",
    "file:///etc/passwd",
    "local:///etc/passwd",
    "/etc/passwd",
    "",
    "https://",
    "http://169.254.169.254/latest/meta-data/",
    "http://2130706433/",
    "https://data.example.com:99999/exports/a.csv",
    "https://[::1]/exports/a.csv",
]


@pytest.mark.parametrize("url", REFUSED)
def test_what_only_looks_like_it_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        allowed_url(url, PREFIXES)


@pytest.mark.parametrize("prefix", ["file:///data/", "memory://x/", "data", "http://", "zip://a/"])
def test_some_prefixes_can_be_none(prefix: str) -> None:
    with pytest.raises(UsageError):
        parse_prefix(prefix, "acme")


def test_a_prefix_is_a_folder_whatever_its_end() -> None:
    prefix = parse_prefix("https://h.example/data", "t")
    assert allowed_url("https://h.example/data/a", [prefix]).name == "a"
    with pytest.raises(UsageError):
        allowed_url("https://h.example/database", [prefix])


@pytest.mark.parametrize(
    ("prefix", "inner"),
    [
        ("http://127.0.0.1:9000/", True),
        ("http://10.1.2.3/", True),
        ("http://minio:9000/", True),
        ("http://store.internal/", True),
        ("https://data.example.com/", False),
        ("http://8.8.8.8/", False),
    ],
)
def test_private_networks_are_meant_where_the_prefix_names_one(prefix: str, inner: bool) -> None:
    address = allowed_url(f"{prefix}a.csv", [parse_prefix(prefix, "t")])
    assert address.inner is inner


def test_secrets_of_a_query_are_not_shown() -> None:
    url = "https://data.example.com/exports/a.csv?signature=secret"
    assert "secret" not in allowed_url(url, PREFIXES).shown


@given(st.text(max_size=60))
def test_whatever_follows_a_prefix_stays_below_it(rest: str) -> None:
    try:
        found = allowed_url(f"https://data.example.com/exports/{rest}", PREFIXES)
    except UsageError:
        return
    assert isinstance(found, Address)
    assert found.host == "data.example.com"
    assert found.path.startswith("/exports/")
    assert ".." not in found.path.split("/")
