"""The SIP channel driver: `SIP/` from sip.conf and `PJSIP/` from pjsip.conf, on PJSIP."""
