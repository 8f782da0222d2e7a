"""The doctor looks at a point and its entries as the set-up's tests make them."""

from tests.setup.conftest import patient, xml

__all__ = ["patient", "xml"]
