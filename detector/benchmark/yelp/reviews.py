"""Rated reviews as integer codes in the order of their days.

A file has days and no hours, so reviews of one day have no order. The order of rows and of ids must
not stand in for one: in the public files of this family each product lists its filtered reviews
first, and plain running counts in the order of the rows learn the label from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from zhenzan.features.errors import InputError, NothingToReadError, SchemaError, UsageError

__all__ = ["COLUMNS", "FILTERED", "Reviews", "code_reviews", "read_yelp", "split_day"]

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

COLUMNS: Final = ("user", "product", "rating", "label", "date")
FILTERED: Final = -1  # label of a review that the platform does not recommend
_EPOCH: Final = pd.Timestamp("1970-01-01")


@dataclass(frozen=True, slots=True)
class Reviews:
    """Reviews by day; `account_rows` and `product_rows` list each one's reviews by day.

    Attributes:
        row: Position of each review in the file.
        day: Days since 1970.
        rating: 1 to 5.
        filtered: 1 where the platform filtered the review, else 0.
        account: Code of the account.
        product: Code of the product.
        account_rows: Reviews of each account one after the other; account a has those from
            `account_from[a]` to `account_from[a + 1]`.
        account_from: See there.
        product_rows: The same by product.
        product_from: See there.
    """

    row: Ints
    day: Ints
    rating: Reals
    filtered: Reals
    account: Ints
    product: Ints
    account_rows: Ints
    account_from: Ints
    product_rows: Ints
    product_from: Ints

    @property
    def n(self) -> int:
        """Number of reviews."""
        return len(self.day)


def read_yelp(path: Path) -> pd.DataFrame:
    """The table of reviews as it stands, Parquet or CSV.

    Raises:
        InputError: The file cannot be read.
        SchemaError: A column is missing.
        NothingToReadError: It has no row.
    """
    try:
        frame = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(f"cannot be read: {error}", path=path) from error
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise SchemaError(
            f"no column {', '.join(missing)}", path=path, expected=f"columns {', '.join(COLUMNS)}"
        )
    if frame.empty:
        raise NothingToReadError("holds no review", path=path)
    return frame


def code_reviews(frame: pd.DataFrame) -> Reviews:
    """Sorts the reviews by day and codes accounts and products.

    Args:
        frame: `user, product, rating, label, date`; label -1 is filtered, all others are not.

    Raises:
        InputError: A date is none, a rating lies outside 1 to 5, or an id is missing.
    """
    date = pd.to_datetime(frame["date"], errors="coerce")
    rating = pd.to_numeric(frame["rating"], errors="coerce").to_numpy(np.float64)
    if date.isna().any():
        found = repr(frame["date"].iloc[int(np.argmax(date.isna().to_numpy()))])
        raise InputError("a date is missing or none", found=found, expected="such as 2014-05-20")
    if not ((rating >= 1) & (rating <= 5)).all():
        raise InputError("a rating is missing or out of range", expected="1 to 5")
    if frame[["user", "product", "label"]].isna().to_numpy().any():
        raise InputError("a user, product or label is missing", expected="all of them filled")
    days: Ints = (date - _EPOCH).dt.days.to_numpy().astype(np.int64)
    order = np.lexsort((rating, days)).astype(np.int64)
    account, products = (pd.factorize(frame[name])[0][order] for name in ("user", "product"))
    by_account, by_product = _rows_by(account), _rows_by(products)
    return Reviews(
        row=order,
        day=days[order],
        rating=rating[order],
        filtered=(frame["label"].to_numpy()[order] == FILTERED).astype(np.float64),
        account=account,
        product=products,
        account_rows=by_account[0],
        account_from=by_account[1],
        product_rows=by_product[0],
        product_from=by_product[1],
    )


def _rows_by(code: NDArray[Any]) -> tuple[Ints, Ints]:
    begin = np.append(0, np.cumsum(np.bincount(code))).astype(np.int64)
    return np.argsort(code, kind="stable").astype(np.int64), begin


def split_day(reviews: Reviews, share: float) -> int:
    """The first day of the later side: whole days, so that no day lies on both.

    Args:
        reviews: Sorted by day.
        share: Of the reviews that come before, above 0 and below 1.

    Raises:
        UsageError: The share is no share, or one side would be empty.
    """
    if not 0 < share < 1:
        raise UsageError(f"share {share} is not between 0 and 1")
    day = int(reviews.day[int(share * reviews.n)])
    if day == int(reviews.day[0]):
        raise UsageError("the reviews do not spread over days enough to be split by date")
    return day
