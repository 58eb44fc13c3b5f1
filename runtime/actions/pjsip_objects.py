"""The objects of pjsip.conf with all their options, as the manager lists them: by Asterisk's names, in its order."""

from collections.abc import Mapping

from asterism.runtime.peers import SipDriver
from asterism.runtime.request import Header


def headers(driver: SipDriver, kind: str, name: str, instead: Mapping[str, object] | None = None) -> list[Header]:
    """All headers of an object.

    Args:
        driver: Who knows it.
        kind: Its type: endpoint, aor, auth, identify, transport, or registration.
        name: Its name.
        instead: Values that are known better than the file does, by header.
    """
    order, better = _ORDERS[kind].split(), instead or {}
    said = {option.replace("_", ""): (option, value) for option, value in (driver.parameters(kind, name) or {}).items()}
    known = {header: said.pop(header.lower(), ("", ""))[1] for header in order}
    if "SetVar" in known:
        known["SetVar"] = ",".join(f"{variable}={value}" for variable, value in said.values())
    found: list[Header] = [("ObjectType", kind), ("ObjectName", name)]
    return [*found, *((header, better.get(header, value)) for header, value in known.items())]


_ORDERS = {
    "endpoint": """
        RpidImmediate Webrtc Ignore183WithoutSdp SendAoc DeviceStateBusyAt T38UdptlMaxdatagram
        CodecPrefsIncomingAnswer SecurityNegotiation DtlsRekey RtpPortEnd NamedPickupGroup DirectMediaMethod
        SendRpid PickupGroup SdpSession DtlsVerify MessageContext Tenantid Mailboxes RecordOnFeature
        DtlsPrivateKey DtlsFingerprint OverlapContext OutgoingCallOfferPref RtpPortStart FromDomain
        TimersSessExpires NamedCallGroup DtlsCipher MediaEncryptionOptimistic SuppressQ850ReasonHeaders Aors
        IdentifyBy CalleridPrivacy MwiSubscribeReplacesUnsolicited CosAudio FollowEarlyMediaFork Context
        RtpSymmetric Transport MohSuggest T38Udptl FaxDetect T38BindUdptlToMediaAddress TosVideo SrtpTag32
        ReferBlindProgress MaxAudioStreams Bundle UseAvpf CallGroup SendConnectedLine FaxDetectTimeout SdpOwner
        ForceRport CalleridTag RtpTimeoutHold SuppressMohOnSendonly UsePtime MediaAddress VoicemailExtension
        RtpTimeout StirShaken SetVar ContactAcl PreferredCodecOnly GeolocOutgoingCallProfile ForceAvp
        RecordOffFeature FromUser SendDiversion SendHistoryInfo T38UdptlIpv6 ToneZone Language AllowSubscribe
        RtpIpv6 Callerid MohPassthrough CosVideo DtlsAutoGenerateCert AsymmetricRtpCodec
        GeolocIncomingCallProfile IceSupport AggregateMwi OneTouchRecording MwiFromUser RedirectMethod
        Accountcode CodecPrefsOutgoingAnswer Allow RewriteContact UserEqPhone RtpEngine FollowRedirectMethods
        SubscribeContext NotifyEarlyInuseRinging IncomingMwiMailbox IncomingCallOfferPref
        AllowUnauthenticatedOptions Auth DirectMediaGlareMitigation TrustIdInbound StirShakenProfile
        BindRtpToMediaAddress DisableDirectMediaOnNat MediaEncryption MediaUseReceivedTransport AllowOverlap
        DtmfMode OutboundAuth TosAudio DtlsCertFile DtlsCaPath DtlsSetup ConnectedLineMethod G726NonStandard
        100rel Timers DirectMedia Acl TimersMinSe TrustIdOutbound SubMinExpiry RtcpMux MaxVideoStreams
        AcceptMultipleSdpAnswers CodecPrefsIncomingOffer CodecPrefsOutgoingOffer TrustConnectedLine SendPai
        RtpKeepalive T38UdptlEc T38UdptlNat AllowTransfer DtlsCaFile OutboundProxy InbandProgress
    """,
    "aor": """
        MinimumExpiration DefaultExpiration QualifyTimeout Qualify2xxOnly Mailboxes SupportPath
        RemoveUnavailable VoicemailExtension MaxContacts AuthenticateQualify Contacts MaximumExpiration
        QualifyFrequency RemoveExisting OutboundProxy
    """,
    "auth": """
        OauthSecret PasswordDigest SupportedAlgorithmsUas RefreshToken Username Md5Cred Realm AuthType Password
        SupportedAlgorithmsUac NonceLifetime OauthClientid
    """,
    "identify": """
        Match MatchRequestUri SrvLookups Endpoint MatchHeader
    """,
    "registration": """
        MaxRetries ClientUri SecurityNegotiation AuthRejectionPermanent ServerUri MaxRandomInitialDelay
        SupportPath RetryInterval ContactHeaderParams Expiration Transport Line ContactUser Endpoint UserAgent
        ForbiddenRetryInterval OutboundAuth OutboundProxy FatalRetryInterval SupportOutbound
    """,
    "transport": """
        WebsocketWriteTimeout Cos TcpKeepaliveEnable Protocol SymmetricTransport Domain VerifyServer LocalNet
        Bind AllowWildcardCerts TcpKeepaliveIntervalTime AsyncOperations ExternalMediaAddress Method
        ExternalSignalingAddress RequireClientCert TcpKeepaliveIdleTime Tos CaListPath Cipher CertFile
        ExternalSignalingPort Password AllowReload VerifyClient TcpKeepaliveProbeCount PrivKeyFile CaListFile
    """,
}
