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

        missing = "asterism's native part" if "_native" in str(error) else "pjsua2"
        raise DriverError(
            f"SIP needs {missing}, which is not installed: pip install 'asterism[sip]' ({error})"
        ) from None
    return PjsipDriver()
