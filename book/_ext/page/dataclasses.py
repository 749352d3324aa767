"""The part of ``dataclasses`` that lrlib uses.

The real module imports dozens of others, which would take a page seconds to start.
"""


class FrozenInstanceError(AttributeError):
    """Raised when a field of a frozen dataclass is set."""


def dataclass(*, frozen):
    """Give a class an ``__init__`` that takes its annotated fields and then freezes them."""

    def decorate(cls):
        fields = list(cls.__annotations__)

        def __init__(self, *args, **kwargs):
            given = dict(zip(fields, args, strict=False)) | kwargs
            for name in fields:
                value = given.pop(name) if name in given else getattr(cls, name)
                object.__setattr__(self, name, value)
            if given:
                raise TypeError(f"{cls.__name__} has no field {list(given)[0]!r}")
            if hasattr(self, "__post_init__"):
                self.__post_init__()

        def __setattr__(self, name, value):
            raise FrozenInstanceError(f"cannot assign to field {name!r}")

        cls.__init__ = __init__
        cls.__setattr__ = __setattr__
        return cls

    return decorate
