"""The objects of pjsip.conf with all their options, as the manager lists them.

Names and order are Asterisk's; values are what the file says, and otherwise Asterisk's own defaults.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from asterism.dialplan import reader
from asterism.dialplan.errors import DialplanError
from asterism.runtime.request import Header
from asterism.runtime.settings import FALSE_WORDS, TRUE_WORDS

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime

Objects = Mapping[tuple[str, str], Mapping[str, str]]
"""What a file says, by type and name of the object; options in small letters without underscores."""

_WORDS = (("false", "true"), ("no", "yes"), ("No", "Yes"))


async def objects(rt: "Runtime") -> Objects:
    """Read what pjsip.conf says of each object."""
    return {} if rt.config_dir is None else await asyncio.to_thread(_read, rt)


def _read(rt: "Runtime") -> Objects:
    assert rt.config_dir is not None
    try:
        config = reader.read("pjsip.conf", rt.config_dir)
    except DialplanError:
        return {}
    found: dict[tuple[str, str], dict[str, str]] = {}
    for section in config:
        options: dict[str, str] = {}
        for line in section.lines:
            name = plain(line.key)
            # Several lines of a list add to it; the last line of anything else counts.
            together = name in ("match", "contact", "setvar") and name in options
            options[name] = f"{options[name]},{line.value}" if together else line.value
        if "type" in options:
            found[options["type"].lower(), section.name] = options
    return found


def plain(name: str) -> str:
    """An option or a header as both are looked up: `max_contacts` and MaxContacts alike."""
    return name.replace("_", "").lower()


def headers(kind: str, name: str, known: Objects, instead: Mapping[str, object]) -> list[Header]:
    """All headers of an object.

    Args:
        kind: Its type: endpoint, aor, auth, identify, or registration.
        name: Its name.
        known: What the file says.
        instead: Values that are known better than the file does, by header.
    """
    said = known.get((kind, name), {})
    found: list[Header] = [("ObjectType", kind), ("ObjectName", name)]
    for line in _SHAPES[kind].split("\n"):
        header, _, default = line.strip().partition("=")
        if not header:
            continue
        if header in instead:
            found.append((header, instead[header]))
        else:
            found.append((header, _as(default, said.get(plain(header), default))))
    return found


def _as(default: str, value: str) -> str:
    """A value written as its default is: true or yes, a fraction or not."""
    word = value.strip().lower()
    for off, on in _WORDS:
        if default in (off, on) and word in (TRUE_WORDS | FALSE_WORDS):
            return on if word in TRUE_WORDS else off
    if "." in default and default.replace(".", "").isdecimal():
        try:
            return f"{float(value):.6f}"
        except ValueError:
            return default
    return value


_SHAPES = {
    "endpoint": """
    RpidImmediate=false
    Webrtc=no
    Ignore183WithoutSdp=false
    SendAoc=false
    DeviceStateBusyAt=0
    T38UdptlMaxdatagram=0
    CodecPrefsIncomingAnswer=prefer:pending, operation:intersect, keep:all, transcode:allow
    SecurityNegotiation=no
    DtlsRekey=0
    RtpPortEnd=0
    NamedPickupGroup=
    DirectMediaMethod=invite
    SendRpid=false
    PickupGroup=
    SdpSession=Asterisk
    DtlsVerify=No
    MessageContext=
    Tenantid=
    Mailboxes=
    RecordOnFeature=automixmon
    DtlsPrivateKey=
    DtlsFingerprint=SHA-256
    OverlapContext=
    OutgoingCallOfferPref=remote_merge
    RtpPortStart=0
    FromDomain=
    TimersSessExpires=1800
    NamedCallGroup=
    DtlsCipher=
    MediaEncryptionOptimistic=false
    SuppressQ850ReasonHeaders=false
    Aors=
    IdentifyBy=username,ip
    CalleridPrivacy=allowed_not_screened
    MwiSubscribeReplacesUnsolicited=no
    CosAudio=0
    FollowEarlyMediaFork=true
    Context=default
    RtpSymmetric=false
    Transport=
    MohSuggest=default
    T38Udptl=false
    FaxDetect=false
    T38BindUdptlToMediaAddress=false
    TosVideo=0
    SrtpTag32=false
    ReferBlindProgress=true
    MaxAudioStreams=1
    Bundle=false
    UseAvpf=false
    CallGroup=
    SendConnectedLine=yes
    FaxDetectTimeout=0
    SdpOwner=-
    ForceRport=true
    CalleridTag=
    RtpTimeoutHold=0
    SuppressMohOnSendonly=false
    UsePtime=false
    MediaAddress=
    VoicemailExtension=
    RtpTimeout=0
    StirShaken=no
    SetVar=
    ContactAcl=
    PreferredCodecOnly=false
    GeolocOutgoingCallProfile=
    ForceAvp=false
    RecordOffFeature=automixmon
    FromUser=
    SendDiversion=true
    SendHistoryInfo=false
    T38UdptlIpv6=false
    ToneZone=
    Language=
    AllowSubscribe=true
    RtpIpv6=false
    Callerid=<unknown>
    MohPassthrough=false
    CosVideo=0
    DtlsAutoGenerateCert=No
    AsymmetricRtpCodec=false
    GeolocIncomingCallProfile=
    IceSupport=false
    AggregateMwi=true
    OneTouchRecording=false
    MwiFromUser=
    RedirectMethod=user
    Accountcode=
    CodecPrefsOutgoingAnswer=prefer:pending, operation:intersect, keep:all, transcode:allow
    Allow=(ulaw)
    RewriteContact=false
    UserEqPhone=false
    RtpEngine=asterisk
    FollowRedirectMethods=
    SubscribeContext=
    NotifyEarlyInuseRinging=false
    IncomingMwiMailbox=
    IncomingCallOfferPref=local
    AllowUnauthenticatedOptions=false
    Auth=
    DirectMediaGlareMitigation=none
    TrustIdInbound=false
    StirShakenProfile=
    BindRtpToMediaAddress=false
    DisableDirectMediaOnNat=false
    MediaEncryption=no
    MediaUseReceivedTransport=false
    AllowOverlap=true
    DtmfMode=rfc4733
    OutboundAuth=
    TosAudio=0
    DtlsCertFile=
    DtlsCaPath=
    DtlsSetup=active
    ConnectedLineMethod=invite
    G726NonStandard=false
    100rel=yes
    Timers=yes
    DirectMedia=true
    Acl=
    TimersMinSe=90
    TrustIdOutbound=false
    SubMinExpiry=0
    RtcpMux=false
    MaxVideoStreams=1
    AcceptMultipleSdpAnswers=false
    CodecPrefsIncomingOffer=prefer:pending, operation:intersect, keep:all, transcode:allow
    CodecPrefsOutgoingOffer=prefer:pending, operation:union, keep:all, transcode:allow
    TrustConnectedLine=yes
    SendPai=false
    RtpKeepalive=0
    T38UdptlEc=none
    T38UdptlNat=false
    AllowTransfer=true
    DtlsCaFile=
    OutboundProxy=
    InbandProgress=false
    """,
    "aor": """
    MinimumExpiration=60
    DefaultExpiration=3600
    QualifyTimeout=3.000000
    Qualify2xxOnly=false
    Mailboxes=
    SupportPath=false
    RemoveUnavailable=false
    VoicemailExtension=
    MaxContacts=0
    AuthenticateQualify=false
    Contacts=
    MaximumExpiration=7200
    QualifyFrequency=0
    RemoveExisting=false
    OutboundProxy=
    """,
    "auth": """
    OauthSecret=
    PasswordDigest=
    SupportedAlgorithmsUas=MD5
    RefreshToken=
    Username=
    Md5Cred=
    Realm=
    AuthType=userpass
    Password=
    SupportedAlgorithmsUac=MD5
    NonceLifetime=32
    OauthClientid=
    """,
    "identify": """
    Match=
    MatchRequestUri=
    SrvLookups=true
    Endpoint=
    MatchHeader=
    """,
    "registration": """
    MaxRetries=10
    ClientUri=
    SecurityNegotiation=no
    AuthRejectionPermanent=true
    ServerUri=
    MaxRandomInitialDelay=10
    SupportPath=false
    RetryInterval=60
    ContactHeaderParams=
    Expiration=3600
    Transport=
    Line=false
    ContactUser=
    Endpoint=
    UserAgent=
    ForbiddenRetryInterval=0
    OutboundAuth=
    OutboundProxy=
    FatalRetryInterval=0
    SupportOutbound=no
    """,
}
