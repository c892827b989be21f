"""Settings: from the environment, told without their values, all of them documented."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from zhenzan.api import logs
from zhenzan.api.settings import Settings, misspelt
from zhenzan.features.errors import UsageError

PAGE = Path(__file__).parents[2] / "docs" / "service.md"


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ZHENZAN_{name.upper()}", raising=False)


def test_every_setting_is_documented() -> None:
    page = PAGE.read_text("utf-8")
    assert not [n for n in Settings.model_fields if f"`ZHENZAN_{n.upper()}`" not in page]


def test_lists_and_places_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENZAN_DATA_DIR", "/var/z")
    monkeypatch.setenv("ZHENZAN_ROOTS", "/data/a:/data/b")
    monkeypatch.setenv("ZHENZAN_URL_PREFIXES", "https://a.example/x/, s3://bucket/")
    found = Settings.read()
    assert found.database_url == "sqlite:////var/z/zhenzan.db"
    assert found.store_url == "/var/z/scans"
    assert found.roots == (Path("/data/a"), Path("/data/b"))
    assert found.url_prefixes == ("https://a.example/x/", "s3://bucket/")


def test_options_stand_in_front(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZHENZAN_PORT", "1")
    monkeypatch.setenv("ZHENZAN_DATA_DIR", "/var/z")
    found = Settings.read(port=2, data_dir=tmp_path, host=None)
    assert (found.port, found.data_dir, found.host) == (2, tmp_path, "127.0.0.1")
    assert found.store_url == str(tmp_path / "scans")


def test_nothing_given_stays_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/home/someone/data")
    found = Settings.read()
    assert found.is_loopback and found.roots == () == found.url_prefixes
    assert found.data_dir == Path("/home/someone/data/zhenzan")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "127.0.0.1.example"])
def test_other_addresses_are_not_loopback(host: str) -> None:
    assert not Settings.read(host=host).is_loopback


def test_what_cannot_be_is_told_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENZAN_RATE_PER_MINUTE", "hunter2")
    with pytest.raises(UsageError) as caught:
        Settings.read(port=70_000)
    text = str(caught.value)
    assert "ZHENZAN_RATE_PER_MINUTE" in text and "ZHENZAN_PORT" in text
    assert "hunter2" not in text
    with pytest.raises(UsageError, match="NO_SUCH"):
        Settings.read(no_such=1)


def test_an_operator_sees_no_password_in_what_is_shown() -> None:
    found = Settings.read(database_url="postgresql://u:hidden@127.0.0.1/z")
    assert "hidden" not in repr(found) and "hidden" not in str(found)


def test_names_that_set_nothing_are_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    given = ["ZHENZAN_RETENTION_DAY", "ZHENZAN_ROOTS", "zhenzan_port", "ZHENZAN_TEST_POSTGRES",
             "ZHENZAN_QQ", "PATH", "ZHENZAN"]  # fmt: skip
    assert misspelt(given) == {
        "ZHENZAN_QQ": None, "ZHENZAN_RETENTION_DAY": "ZHENZAN_RETENTION_DAYS",
    }  # fmt: skip
    monkeypatch.setattr(logs, "configure", lambda **_: None)
    monkeypatch.setenv("ZHENZAN_RETENTION_DAY", "90")
    with caplog.at_level(logging.WARNING, "zhenzan"):
        logs.begin(Settings.read())
    assert "ZHENZAN_RETENTION_DAY is no setting; ZHENZAN_RETENTION_DAYS may be meant" in caplog.text
