"""Keys and passwords: whose a request is, by the `Authorization` header that it brings (RFC 6750, RFC 7617)."""

import hashlib
import secrets
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable
from dataclasses import dataclass, field

from ...tools.errors import UsageError
from .refusal import RefusedError


def owner_of(kind: str, name: str) -> str:
    """A name for whoever has a key or logs in under a name, which does not tell either and fits into a path.

    >>> owner_of("key", "secret")
    'key-0ffde1ae45a58146'
    """
    return f"{kind}-{hashlib.blake2b(name.encode(), digest_size=8).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Login:
    """Who may use the page."""

    user: str
    password: str = field(repr=False)

    @classmethod
    def parsed(cls, text: str) -> "Login":
        """From `user:password`.

        Raises:
            UsageError: one of them is missing.
        """
        user, colon, password = text.partition(":")
        if not (user and colon and password):
            raise UsageError("a login is user:password, with neither of them empty")
        return cls(user, password)

    @property
    def owner(self) -> str:
        """The name by which what is this user's is kept apart from others'."""
        return owner_of("login", self.user)


class Door:
    """Lets in whoever brings one of some secrets, each of which is somebody's."""

    scheme = ""
    challenge = ""
    """What `WWW-Authenticate` says to whoever brings nothing."""
    missing = ""
    wrong = ""
    code = "unauthorized"

    def __init__(self, owners: Iterable[tuple[str, str]]) -> None:
        """Take the secrets.

        Args:
            owners: each secret, and the name of its owner.
        """
        self._owners = [(_digest(secret.encode()), owner) for secret, owner in owners]

    def __bool__(self) -> bool:
        return bool(self._owners)

    @property
    def owners(self) -> list[str]:
        """Everybody who may be let in."""
        return list(dict.fromkeys(owner for _, owner in self._owners))

    def sent(self, header: str) -> bytes:
        """The secret in an `Authorization` header; empty where there is none."""
        scheme, _, given = header.partition(" ")
        return self.read(given.strip()) if scheme.lower() == self.scheme else b""

    def read(self, given: str) -> bytes:
        """The secret as this scheme writes it."""
        raise NotImplementedError

    def owner(self, secret: bytes) -> str | None:
        """Whose a secret is; how long that takes does not tell how much of it is right."""
        digest = _digest(secret)
        whose = [owner for known, owner in self._owners if secrets.compare_digest(known, digest)]
        return whose[0] if whose else None

    def refusal(self, sent: bytes) -> RefusedError:
        """What is told to whoever brings nothing, or something wrong."""
        return RefusedError(401, self.code, self.wrong if sent else self.missing, {"WWW-Authenticate": self.challenge})


class Keys(Door):
    """API keys, as `Authorization: Bearer KEY`."""

    scheme = "bearer"
    challenge = "Bearer"
    missing = "an API key is needed: send Authorization: Bearer KEY"
    wrong = "the API key is wrong"
    code = "invalid_api_key"

    def __init__(self, keys: Iterable[str]) -> None:
        """Let in whoever sends one of these keys."""
        super().__init__((key, owner_of("key", key)) for key in keys)

    def read(self, given: str) -> bytes:
        return given.encode("latin-1", "replace")


class Logins(Door):
    """Users with passwords, as browsers ask for them."""

    scheme = "basic"
    challenge = 'Basic realm="vidscout", charset="UTF-8"'
    missing = "user and password, please"
    wrong = "no user has that password"
    code = "invalid_login"

    def __init__(self, logins: Iterable[Login]) -> None:
        """Let in these users."""
        super().__init__((f"{login.user}:{login.password}", login.owner) for login in logins)

    def read(self, given: str) -> bytes:
        try:
            return b64decode(given, validate=True)
        except (NotBase64, ValueError):
            return b""


def _digest(secret: bytes) -> bytes:
    return hashlib.blake2b(secret, digest_size=32).digest()
