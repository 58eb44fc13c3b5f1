"""PJSIP_PARSE_URI, as Asterisk 22 was seen to answer."""

import pytest
from asterism.runtime.testing import TestRuntime

ODD = "This is -. !% *_+`'~ me <sip:a19A&=+$\\;?/%2d:%40a&Zz=+$@my_proxy09.MY-domain.com:9801>"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sip:u@h:5,port", "5"),
        ("sip:u@h,port", "0"),
        ("tel:123,user", ""),
        ("nonsense,user", ""),
        ("sip:h,nosuch", ""),
        ("sip:h", ""),
        ("<sip:h\\;a=b>,host", "h"),
        ("SIP:H,scheme", "sip"),
        ("sips:H,scheme", "sips"),
        ("sip:h,ttl_param", "-1"),
        ("sip:h,lr_param", "0"),
        ("sip:h\\;transport=tcp\\;user=ip\\;ttl=255\\;lr\\;maddr=127.0.0.1\\;method=ACK,ttl_param", "255"),
        ("sip:h\\;transport=tcp\\;user=ip\\;ttl=255\\;lr\\;maddr=127.0.0.1\\;method=ACK,lr_param", "1"),
        ("sip:h\\;transport=tcp\\;user=ip\\;ttl=255\\;lr\\;maddr=127.0.0.1\\;method=ACK,method_param", "ACK"),
        ("sip:u@h\\;x=y?Subject=z,host", "h"),
        ("sip:u%20v@h,user", "u v"),
        ('"A, B" <sip:h>,display', "A, B"),
        ("sip:h\\;transport=TCP,transport_param", "TCP"),
        ("sip:user:password@localhost:5060,passwd", "password"),
        ("  Power Administrator  <sips:localhost>,display", "Power Administrator"),
        (f"{ODD},display", "This is -. !% *_+`'~ me"),
        (f"{ODD},user", "a19A&=+$;?/-"),
        (f"{ODD},passwd", "@a&Zz=+$"),
        (f"{ODD},host", "my_proxy09.MY-domain.com"),
        (f"{ODD},port", "9801"),
        ("sip:user@[::1]\\;maddr=[::01],host", "::1"),
        ("sip:user@[::1]\\;maddr=[::01],maddr_param", "[::01]"),
    ],
)
async def test_parts(rt: TestRuntime, text: str, value: str) -> None:
    rt.extensions(f"[default]\nexten => 1,1,NoOp(<${{PJSIP_PARSE_URI({text})}}>)\n")
    await (await rt.phone("alice").call("1@default")).over()
    assert rt.executed() == [f"1@default:1 NoOp(<{value}>)"]


async def test_a_uri_in_a_variable(rt: TestRuntime) -> None:
    rt.extensions(
        '[default]\nexten => 1,1,Set(u="Bob\\, B" <sip:bob@h>)\n'
        " same => n,NoOp(<${PJSIP_PARSE_URI_FROM(u,display)}|${PJSIP_PARSE_URI_FROM(u,user)}>)\n"
        " same => n,NoOp(<${PJSIP_PARSE_URI_FROM(nosuch,user)}${PJSIP_PARSE_URI_FROM(u)}>)\n"
    )
    await (await rt.phone("alice").call("1@default")).over()
    assert rt.executed()[1:] == ["1@default:2 NoOp(<Bob\\, B|bob>)", "1@default:3 NoOp(<>)"]
