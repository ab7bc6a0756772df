"""Task ids that stay the same as long as what the task is for does."""

import hashlib


class TaskIds:
    """Gives out ``T<6 digits>``, from the SHA-256 of a key; a second key with the same digits is hashed again."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def claim(self, wanted: str) -> bool:
        """Take an id that a file states; False when it is taken."""
        if wanted in self._taken:
            return False
        self._taken.add(wanted)
        return True

    def derive(self, key: str) -> str:
        """A fresh id from the key."""
        attempt = 0
        while True:
            seed = f"{key}#{attempt}" if attempt else key
            number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big") % 1_000_000
            if self.claim(candidate := f"T{number:06d}"):
                return candidate
            attempt += 1
