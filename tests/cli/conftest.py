"""Commands about recordings need what the scripts' tests need."""

from tests.tasks.conftest import at, point, roots

__all__ = ["at", "point", "roots"]
