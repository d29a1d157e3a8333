from __future__ import annotations

import builtins
import pickle

import pytest
from house import House

import pgs
from pgs._errors import CLASSES


def test_there_is_a_class_for_each_code() -> None:
    for code, kind in CLASSES.items():
        name = kind.__name__.removesuffix("Error")
        assert code == "PGS_" + "".join("_" + c if c.isupper() else c for c in name).strip("_").upper()
        assert getattr(pgs, kind.__name__) is kind
        assert issubclass(kind, pgs.Error)
        error = pgs.Error.of(code, "no", "try this", True)
        assert type(error) is kind
        assert (error.code, error.message, error.remedy, error.retryable) == (code, "no", "try this", True)
        assert str(error) == "no\n  try: try this"


def test_builtin_classes_are_bases_where_they_say_the_same() -> None:
    assert issubclass(pgs.InvalidInputError, ValueError)
    assert issubclass(pgs.NotFoundError, LookupError)
    assert issubclass(pgs.TimeoutError, builtins.TimeoutError)
    assert issubclass(pgs.PermissionDeniedError, builtins.PermissionError)


@pytest.mark.parametrize("code", CLASSES)
def test_errors_survive_pickling(code: str) -> None:
    error = pgs.Error.of(code, "no", None, False)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)


async def test_an_error_says_all_that_is_known(house: House) -> None:
    with pytest.raises(pgs.Error) as refused:
        await house.pgs.create("Acme")
    error = refused.value
    assert isinstance(error, pgs.InvalidInputError)
    assert error.code == "PGS_INVALID_INPUT"
    assert "`Acme`" in error.message
    assert error.remedy and error.remedy in str(error)
    assert not error.retryable
    # Where it comes from is the caller's line, and no other error is behind it.
    assert error.__cause__ is error.__context__ is None


async def test_a_password_is_in_no_error(house: House) -> None:
    secret = "s3cret\x00"
    for call in [
        house.pgs.create("acme", password=secret),
        house.pgs.set_password("acme", secret),
    ]:
        with pytest.raises(pgs.Error) as refused:
            await call
        assert "s3cret" not in str(refused.value) + repr(refused.value)
