"""The options of sip.conf, as declared sections."""

from dataclasses import dataclass
from typing import Annotated

from asterism.runtime.arguments import Unit
from asterism.runtime.driver import Party
from asterism.runtime.drivers.pjsip.model import NOBODY, words
from asterism.runtime.drivers.pjsip.options import Each, Reads, choice, party, presentation, whole
from asterism.runtime.settings import Alias, section


@section("sip.conf", "general")
@dataclass(frozen=True)
class SipGeneral:
    """What holds for all peers. Options of a peer that stand here too are every peer's default."""

    udpbindaddr: Annotated[str, Alias("bindaddr")] = ""
    "Address, and port if it is not bindport, where UDP is listened to."
    bindport: Annotated[int, whole(0, 65535)] = 5060
    "Port of the addresses that name none."
    tcpenable: bool = False
    "Listen to TCP."
    tcpbindaddr: str = ""
    "Address of TCP; the one of UDP when left out."
    tlsenable: Annotated[bool, Alias("sslenable")] = False
    "Listen to TLS."
    tlsbindaddr: Annotated[str, Alias("sslbindaddr")] = ""
    "Address of TLS; port 5061 when it names none."
    tlscertfile: Annotated[str, Alias("sslcert", "tlscert")] = ""
    "Certificate file (PEM), with the key unless tlsprivatekey names it."
    tlsprivatekey: Annotated[str, Alias("sslprivatekey")] = ""
    "Key file (PEM)."
    tlscafile: str = ""
    "Certificates of authorities that are trusted."
    tlscapath: Annotated[str, Alias("tlscadir")] = ""
    "Folder of such certificates."
    tlscipher: Annotated[str, Alias("sslcipher")] = ""
    "Ciphers, as OpenSSL lists them."
    tlsdontverifyserver: bool = False
    "Believe any certificate when we connect."
    tlsclientmethod: Annotated[str, Alias("sslclientmethod")] = ""
    "Protocol version when we connect; the best when left out."
    allowguest: bool = False
    "Let strangers call, into this section's context. Asterisk says yes when nothing is written; here it must be said."
    match_auth_username: bool = False
    "Find the peer by the user name of the digest first."
    realm: str = "asterisk"
    "Realm of challenges; digests in md5secret hold for it."
    useragent: str = ""
    "What we say that we are."
    maxexpiry: Annotated[int, whole(1), Alias("maxexpirey"), Unit("s")] = 3600
    "Longest registration that is granted."
    minexpiry: Annotated[int, whole(1), Alias("minexpirey"), Unit("s")] = 60
    "Shortest registration that is granted."
    defaultexpiry: Annotated[int, whole(1), Alias("defaultexpirey"), Unit("s")] = 120
    "Registration granted, and asked for by us, when nothing is said."
    registertimeout: Annotated[int, whole(1), Unit("s")] = 20
    "Pause between attempts to register with others."
    registerattempts: Annotated[int, whole()] = 0
    "Attempts before we give up; 0 never does."
    register_retry_403: bool = False
    "Go on after a 403."
    register: Each = ()
    "A registration with somebody else: [peer?][transport://]user[@domain[:port]][:secret[:authuser]]@host[:port][/ext][~expiry]."
    localnet: Each = ()
    "Networks that need not be told externaddr."
    externaddr: Annotated[str, Alias("externip")] = ""
    "Address that the world sees, with a port if need be."
    externhost: str = ""
    "The same by name, looked up once."
    media_address: str = ""
    "Address for audio that others are told."
    tos_sip: str = ""
    "Type of service of signalling: a number or a name such as cs3."
    domain: Each = ()
    "A domain that is ours, and the context of calls to it."
    allowexternaldomains: bool = True
    "Whether calls to foreign domains are taken, when domains are named."
    regcontext: str = ""
    "Contexts where registered peers get an extension of their own."
    callerid: str = "asterisk"
    "User part of our From when there is no number."
    storesipcause: bool = False
    "Keep the SIP status in HASH(SIP_CAUSE,channel)."
    authfailureevents: bool = False
    "PeerStatus Rejected after a wrong password."
    qualifygap: Annotated[int, whole(), Unit("ms")] = 100
    "Pause between the first probes of two peers."
    compactheaders: bool = False
    "Send short header names."
    recordhistory: bool = False
    "Keep what each dialog does, for `sip show history`."


@section("sip.conf", "*")
@dataclass(frozen=True)
class SipPeer:
    """A peer, user, or friend."""

    type: Annotated[str, Reads(str.lower)] = ""
    "peer: we call it, it is known by address; user: it calls us, known by name; friend: both."
    host: str = ""
    "dynamic, or where it is."
    port: Annotated[int, whole(0, 65535)] = 0
    "Its port; 5060 when left out."
    defaultip: str = ""
    "Where a dynamic peer is before it registers."
    defaultuser: Annotated[str, Alias("username")] = ""
    "User part when we call it, and user name when it asks us for a digest."
    secret: str = ""
    "Password, its and ours."
    md5secret: str = ""
    "Digest of user:realm:password in place of the password."
    remotesecret: str = ""
    "Password that we show it, if it is another."
    auth: Each = ()
    "Password for a realm: user:secret@realm or user#digest@realm."
    context: str = "default"
    "Where its calls begin."
    allow: Annotated[Each, Alias("disallow")] = ()
    "Audio formats, in order."
    dtmfmode: Annotated[str, choice("rfc2833", "info", "shortinfo", "inband", "auto", rfc4733="rfc2833")] = "rfc2833"
    "How keys are sent."
    nat: Each = ()
    "no, or a list of force_rport, comedia, auto_force_rport, auto_comedia."
    insecure: Each = ()
    "port: known by address from any port; invite: its calls need no password."
    qualify: Each = ()
    "Probe it: yes (2000 ms), no, or how many milliseconds its answer may take."
    qualifyfreq: Annotated[int, whole(1), Unit("s")] = 60
    "Time between probes."
    permit: Annotated[Each, Alias("deny")] = ()
    "Networks it may come from."
    contactpermit: Annotated[Each, Alias("contactdeny")] = ()
    "Networks it may register."
    acl: Each = ()
    "Lists of acl.conf that must let it in as well."
    contactacl: Each = ()
    "Lists of acl.conf that must let in what it registers."
    callerid: Annotated[Party, Reads(party)] = NOBODY
    "Who it is, whatever it says."
    cid_number: str = ""
    "The number alone."
    fullname: Annotated[str, Alias("trunkname")] = ""
    "The name alone."
    callingpres: Annotated[str, Reads(presentation)] = ""
    "How its number may be shown."
    trustrpid: bool = False
    "Believe P-Asserted-Identity and Remote-Party-ID."
    sendrpid: Annotated[
        str, choice("no", "yes", "rpid", "pai", y="yes", true="yes", on="yes", false="no", off="no")
    ] = "no"
    "Tell it who calls: by Remote-Party-ID (yes, rpid) or P-Asserted-Identity (pai)."
    trust_id_outbound: Annotated[str, choice("legacy", "yes", "no")] = "legacy"
    "Whether it is told numbers that want to be hidden."
    fromuser: str = ""
    "User of our From, in place of the caller's number."
    fromdomain: str = ""
    "Host of our From."
    usereqphone: bool = False
    "Add user=phone to numbers."
    setvar: Each = ()
    "NAME=value, set on its channels."
    header: Each = ()
    "A header that calls to it carry."
    language: str = ""
    "Language of its prompts."
    tonezone: str = ""
    "Country of its tones."
    accountcode: str = ""
    "Account of its calls."
    amaflags: str = ""
    "default, omit, billing, or documentation."
    mohinterpret: str = ""
    "Music it hears on hold, unless another is suggested."
    mohsuggest: str = ""
    "Music that it suggests to whom it puts on hold."
    parkinglot: str = ""
    "Where its calls are parked."
    callgroup: str = ""
    "Groups it belongs to."
    pickupgroup: str = ""
    "Groups whose calls it may pick up."
    namedcallgroup: str = ""
    "The same by name."
    namedpickupgroup: str = ""
    "The same by name."
    mailbox: Each = ()
    "Its mailboxes."
    vmexten: str = ""
    "Extension of its voicemail."
    subscribecontext: str = ""
    "Where its hints are looked for."
    allowsubscribe: bool = True
    "Whether it may subscribe."
    allowtransfer: bool = True
    "Whether it may transfer."
    description: str = ""
    "For people."
    call_limit: Annotated[int, whole(), Alias("call-limit")] = 0
    "Calls at once; 0 is no limit."
    busylevel: Annotated[int, whole()] = 0
    "Calls from which on it counts as busy."
    callcounter: bool = False
    "Count its calls."
    progressinband: Annotated[str, choice("no", "yes", "never", y="yes", true="yes", on="yes", false="no")] = "no"
    "Send the ringing tone as audio."
    use_q850_reason: bool = False
    "Read and write Reason: Q.850."
    supportpath: bool = False
    "Keep and follow Path."
    transport: tuple[str, ...] = ()
    "udp, tcp, tls: how it may come, the first is how we go."
    outboundproxy: str = ""
    "Where its requests go first."
    regexten: str = ""
    "Extension it gets in regcontext."
    callbackextension: str = ""
    "Register there, and take its calls at this extension."
    session_timers: Annotated[str, Alias("session-timers"), choice("accept", "originate", "refuse")] = "accept"
    "Session timers (RFC 4028)."
    session_expires: Annotated[int, Alias("session-expires"), whole(90), Unit("s")] = 1800
    "Session interval."
    session_minse: Annotated[int, Alias("session-minse"), whole(90), Unit("s")] = 90
    "Shortest session interval."
    maxforwards: Annotated[int, whole(0, 255)] = 0
    "Hops our requests may make."


PEER_ONLY = words(
    "fromuser type host port defaultip defaultuser username secret md5secret remotesecret auth description accountcode "
    "amaflags callingpres cid_number fullname trunkname callgroup pickupgroup namedcallgroup namedpickupgroup mailbox "
    "call-limit call_limit busylevel setvar header regexten callbackextension permit deny acl callerid"
)
"""Options that mean nothing, or something else, in [general]."""

ACCEPTED = words(
    "directmedia canreinvite directrtpsetup directmediapermit directmediadeny directmediaacl srvlookup pedantic "
    "alwaysauthreject externrefresh legacy_useroption_parsing rtp_engine t1min tcpauthtimeout tcpauthlimit "
    "sdpowner sdpsession rtcachefriends rtsavesysname rtsavepath rtupdate ignoreregexpire rtautoclear "
    "prematuremedia relaxdtmf rfc2833compensate ignoresdpversion auth_options_requests auth_message_requests "
    "websocket_enabled websocket_write_timeout subscribe_network_change_event dumphistory "
    "regseconds name useragent ipaddr fullcontact lastms hassip hasiax hash323 hasmanager maxcallbitrate "
    "qualifypeers dynamic_exclude_static dynamic_excludes_static tlsverifyclient submaxexpiry submaxexpirey "
    "subminexpiry subminexpirey mwiexpiry mwiexpirey matchexternaddrlocally matchexterniplocally shrinkcallerid"
)
"""Options that need nothing from us: audio always passes through us, and PJSIP or a later part sees to the rest."""

LATER = words(
    # read and shown, without an effect on calls
    "maxforwards compactheaders storesipcause regcontext regexten tonezone parkinglot amaflags subscribecontext "
    "tlsclientmethod sslclientmethod tlscipher sslcipher tlscapath tlscadir "
    # not read
    "outofcall_message_context mwi_from rpid_update rpid_immediate send_diversion useclientcode "
    "promiscredir videosupport textsupport allowoverlap faxdetect buggymwi rtcp_mux t38pt_udptl "
    "t38pt_usertpsource preferred_codec_only autoframing rtptimeout rtpholdtimeout timert1 timerb keepalive "
    "disallowed_methods icesupport avpf force_avp snom_aoc_enabled encryption dtlsenable cid_tag hasvoicemail "
    "subscribemwi unsolicited_mailbox ignore_requested_pref tlsdisablev1 tlsdisablev11 "
    "tlsdisablev12 domainsasrealm mwi externtcpport externtlsport rtpbindaddr tos_audio autodomain autocreatepeer "
    "regextenonqualify sipdebug jbenable jbforce jbmaxsize jbresyncthreshold jbimpl jbtargetextra jblog "
    "jbsyncvideo rtpkeepalive encryption_taglen dtlsverify dtlsrekey dtlsautogeneratecert dtlscertfile "
    "dtlsprivatekey dtlscipher dtlscafile dtlscapath dtlssetup dtlsfingerprint notifymimetype notifyringing "
    "notifyhold notifycid tos_video tos_text cos_sip cos_audio cos_video cos_text refer_addheaders "
    "recordonfeature recordofffeature session-refresher g726nonstandard discard_remote_hold_retrieval "
    "accept_outofcall_message tlsservercipherorder"
)
"""Options that are known and not served yet; one that is used is reported once."""
