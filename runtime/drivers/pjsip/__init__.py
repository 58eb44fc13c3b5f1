"""The SIP channel driver: `SIP/` from sip.conf and `PJSIP/` from pjsip.conf, on PJSIP."""

from asterism.runtime.driver import ChannelDriver


def make() -> ChannelDriver:
    """A new driver, not started.

    Raises:
        DriverError: pjsua2 or the native module is not installed.
    """
    try:
        from asterism.runtime.drivers.pjsip.driver import PjsipDriver
    except ImportError as error:
        from asterism.runtime.errors import DriverError

        raise DriverError(f"SIP needs pjsua2 and asterism's native module: {error}") from None
    return PjsipDriver()
