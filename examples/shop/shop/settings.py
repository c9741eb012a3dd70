"""What the shop is told by its environment."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """SHOP_MODE chooses between code that behaves and code with four common faults."""

    sick: bool
    database: str
    cache: str
    payment: str
    images: str

    @staticmethod
    def from_environment() -> "Settings":
        """KeyError names a variable that is missing; ValueError a mode that does not exist."""
        mode = os.environ["SHOP_MODE"]
        if mode not in ("healthy", "sick"):
            raise ValueError(f"SHOP_MODE is healthy or sick, not {mode!r}")
        return Settings(
            sick=mode == "sick",
            database=os.environ["SHOP_DATABASE"],
            cache=os.environ["SHOP_CACHE"],
            payment=os.environ["SHOP_PAYMENT"],
            images=os.environ["SHOP_IMAGES"],
        )
