"""What the installation is told by its environment, or by files that the environment names."""

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping


class _Files(FileAwareMapping):
    """Where NAME_FILE is set, what that file holds is NAME, without the line's end that most files close with."""

    def __getitem__(self, key):
        try:
            return super().__getitem__(key).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(
                f"{key}_FILE names {self.env[f'{key}_FILE']}, and that cannot be read: {error}. Name a file that this "
                f"user may read, or set {key}."
            ) from error


class Environment(environ.Env):
    ENVIRON = _Files()
