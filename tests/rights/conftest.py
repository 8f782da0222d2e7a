"""The doctor's checks of rights look at a point as the set-up's tests make it."""

from tests.setup.conftest import patient, xml

__all__ = ["patient", "xml"]
