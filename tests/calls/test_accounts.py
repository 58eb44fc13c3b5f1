"""Account codes: how they pass from one channel to another. What is expected was observed on Asterisk 22."""

import pytest
from asterism.runtime.drivers.loopback import LoopbackLeg
from asterism.runtime.log import Level
from asterism.runtime.testing import TestRuntime

ACCOUNTS = "Verbose(1,{}: ${{CHANNEL(accountcode)}}/${{CHANNEL(peeraccount)}})"


def said(rt: TestRuntime) -> dict[str, str]:
    """Who had which accounts."""
    lines = [text.partition(": ") for text in rt.logged(Level.VERBOSE, 1)]
    return {name: accounts for name, colon, accounts in lines if colon}


async def test_the_called_is_called_on_the_peer_account(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(CHANNEL(accountcode)=ac1)\n same => n,Set(CHANNEL(peeraccount)=pa1)\n"
        " same => n,Dial(Local/b@default/n,,gU(sub))\n"
        f" same => n,{ACCOUNTS.format('caller')}\n"
        f"exten => b,1,{ACCOUNTS.format('before')}\n"
        " same => n,Set(CHANNEL(accountcode)=ac2)\n same => n,Set(CHANNEL(peeraccount)=pa2)\n"
        f" same => n,Answer()\n same => n,Wait(1)\n same => n,{ACCOUNTS.format('called')}\n"
        f"[sub]\nexten => s,1,{ACCOUNTS.format('half')}\n same => n,Return()\n"
    )
    await (await rt.phone("alice").call("100@default")).over()
    assert said(rt) == {"before": "ac1/pa1", "half": "pa2/ac2", "called": "ac2/pa2", "caller": "ac1/pa2"}


async def test_without_a_peer_account_the_caller_pays(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(CHANNEL(accountcode)=ac1)\n same => n,Dial(Loopback/bob,,gU(sub))\n"
        f" same => n,{ACCOUNTS.format('caller')}\n[sub]\nexten => s,1,{ACCOUNTS.format('bob')}\n same => n,Return()\n"
    )
    rt.phone("bob").answers(talks_s=1)
    await (await rt.phone("alice").call("100@default")).over()
    assert said(rt) == {"bob": "ac1/ac1", "caller": "ac1/ac1"}


async def test_what_is_set_on_one_half_of_a_local_pair_holds_for_the_other(rt: TestRuntime) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Dial(Local/b@default/n,,U(sub))\n"
        "exten => b,1,Set(CHANNEL(language)=fr)\n same => n,Set(CHANNEL(amaflags)=OMIT)\n same => n,Answer()\n"
        "[sub]\nexten => s,1,Verbose(1,half: ${CHANNEL(language)} ${CHANNEL(amaflags)})\n same => n,Return()\n"
    )
    await (await rt.phone("alice").call("100@default")).over()
    assert said(rt) == {"half": "fr 1"}


async def test_the_caller_s_account_counts_more_than_the_phone_s_own(
    rt: TestRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt.extensions(
        "[default]\nexten => 100,1,Set(CHANNEL(accountcode)=ac1)\n same => n,Dial(Loopback/bob,,gU(sub))\n"
        "exten => 200,1,Dial(Loopback/bob,,gU(sub))\n"
        f"[sub]\nexten => s,1,{ACCOUNTS.format('bob')}\n same => n,Return()\n"
    )
    rt.phone("bob").answers(talks_s=1)
    monkeypatch.setattr(LoopbackLeg, "read", lambda leg, item: "own" if item == "accountcode" else None)
    await (await rt.phone("alice").call("100@default")).over()
    assert said(rt) == {"bob": "ac1/ac1"}
    await (await rt.phone("alice").call("200@default")).over()
    assert said(rt) == {"bob": "own/"}
