from asterism.runtime.testing.plugin import rt

__all__ = ["rt"]
