"""Asterisk's modules by name, and what of them there is here: which applications and functions each provides.

modules.conf, `module show`, and the manager speak of modules as `app_dial.so`; the applications themselves live in
Python modules that are cut in another way. What is in no list is built in, as much of Asterisk's own core is.
"""

from collections.abc import Mapping

PROVIDES: Mapping[str, str] = {
    "Not": "JACK_HOOK",
    "app_adsiprog": "ADSIProg",
    "app_amd": "AMD",
    "app_attended_transfer": "AttendedTransfer",
    "app_audiosocket": "AudioSocket",
    "app_authenticate": "Authenticate",
    "app_blind_transfer": "BlindTransfer",
    "app_bridgeaddchan": "BridgeAdd",
    "app_bridgewait": "BridgeWait",
    "app_broadcast": "Broadcast",
    "app_cdr": "ResetCDR",
    "app_celgenuserevent": "CELGenUserEvent",
    "app_chanisavail": "ChanIsAvail",
    "app_channelredirect": "ChannelRedirect",
    "app_chanspy": "ChanSpy DAHDIScan ExtenSpy",
    "app_confbridge": "CONFBRIDGE CONFBRIDGE_CHANNELS CONFBRIDGE_INFO ConfBridge ConfKick",
    "app_controlplayback": "ControlPlayback",
    "app_dahdiras": "DAHDIRAS",
    "app_db": "DBdeltree",
    "app_dial": "Dial RetryDial",
    "app_dictate": "Dictate",
    "app_directed_pickup": "Pickup PickupChan",
    "app_directory": "Directory",
    "app_disa": "DISA",
    "app_dtmfstore": "StoreDTMF",
    "app_dumpchan": "DumpChan",
    "app_echo": "Echo",
    "app_exec": "Exec ExecIf TryExec",
    "app_externalivr": "ExternalIVR",
    "app_followme": "FollowMe",
    "app_forkcdr": "ForkCDR",
    "app_getcpeid": "GetCPEID",
    "app_ices": "ICES",
    "app_if": "Else ElseIf EndIf ExitIf If",
    "app_image": "SendImage",
    "app_jack": "JACK",
    "app_macro": "Macro MacroExclusive MacroExit MacroIf",
    "app_meetme": "MEETME_INFO MeetMe MeetMeAdmin MeetMeChannelAdmin MeetMeCount",
    "app_mf": "ReceiveMF SendMF",
    "app_milliwatt": "Milliwatt",
    "app_mixmonitor": "MIXMONITOR MixMonitor StopMixMonitor",
    "app_morsecode": "Morsecode",
    "app_mp3": "MP3Player",
    "app_nbscat": "NBScat",
    "app_originate": "Originate",
    "app_osplookup": "OSPAuth OSPFinish OSPLookup OSPNext",
    "app_page": "Page",
    "app_playback": "Playback",
    "app_playtones": "PlayTones StopPlayTones",
    "app_privacy": "PrivacyManager",
    "app_read": "Read",
    "app_readexten": "ReadExten",
    "app_record": "RECORDING_INFO Record",
    "app_reload": "Reload",
    "app_sayunixtime": "DateTime SayUnixTime",
    "app_senddtmf": "SendDTMF",
    "app_sendtext": "ReceiveText SendText",
    "app_sf": "ReceiveSF SendSF",
    "app_signal": "Signal WaitForSignal",
    "app_sla": "SLAStation SLATrunk",
    "app_sms": "SMS",
    "app_softhangup": "SoftHangup",
    "app_stack": "Gosub GosubIf LOCAL LOCAL_PEEK Return STACK_PEEK StackPop",
    "app_stasis": "Stasis",
    "app_stasis_broadcast": "StasisBroadcast",
    "app_stream_echo": "StreamEcho",
    "app_system": "System TrySystem",
    "app_talkdetect": "BackgroundDetect",
    "app_test": "TestClient TestServer",
    "app_transfer": "Transfer",
    "app_url": "SendURL",
    "app_userevent": "UserEvent",
    "app_verbose": "Log Verbose",
    "app_voicemail": "VM_INFO",
    "app_waitforcond": "WaitForCondition",
    "app_waitforring": "WaitForRing",
    "app_waitforsilence": "WaitForNoise WaitForSilence",
    "app_waituntil": "WaitUntil",
    "app_while": "ContinueWhile EndWhile ExitWhile While",
    "app_zapateller": "Zapateller",
    "func_aes": "AES_DECRYPT AES_ENCRYPT",
    "func_base64": "BASE64_DECODE BASE64_ENCODE",
    "func_blacklist": "BLACKLIST",
    "func_callcompletion": "CALLCOMPLETION",
    "func_callerid": "CALLERID CONNECTEDLINE REDIRECTING",
    "func_cdr": "CDR CDR_PROP",
    "func_channel": "CHANNEL CHANNELS CHANNEL_EXISTS MASTER_CHANNEL",
    "func_config": "AST_CONFIG",
    "func_curl": "CURL CURLOPT",
    "func_cut": "CUT SORT",
    "func_db": "DB DB_DELETE DB_EXISTS DB_KEYCOUNT DB_KEYS",
    "func_devstate": "DEVICE_STATE HINT",
    "func_dialgroup": "DIALGROUP",
    "func_dialplan": "DIALPLAN_EXISTS VALID_EXTEN",
    "func_enum": "ENUMLOOKUP ENUMQUERY ENUMRESULT TXTCIDNAME",
    "func_env": "BASENAME DIRNAME ENV FILE FILE_COUNT_LINE FILE_FORMAT STAT",
    "func_evalexten": "EVAL_EXTEN EVAL_SUB",
    "func_export": "EXPORT",
    "func_extstate": "EXTENSION_STATE",
    "func_frame_drop": "FRAME_DROP",
    "func_frame_trace": "FRAME_TRACE",
    "func_global": "GLOBAL GLOBAL_DELETE GLOBAL_EXISTS SHARED",
    "func_groupcount": "GROUP GROUP_COUNT GROUP_LIST GROUP_MATCH_COUNT",
    "func_hangupcause": "HANGUPCAUSE HANGUPCAUSE_KEYS HangupCauseClear",
    "func_holdintercept": "HOLD_INTERCEPT",
    "func_iconv": "ICONV",
    "func_jitterbuffer": "JITTERBUFFER",
    "func_json": "JSON_DECODE",
    "func_lock": "LOCK TRYLOCK UNLOCK",
    "func_logic": "DELETE EXISTS IF IFTIME IMPORT ISNULL SET VARIABLE_EXISTS",
    "func_math": "ABS DEC DIGIT_SUM INC MATH MAX MIN",
    "func_md5": "MD5",
    "func_module": "IFMODULE",
    "func_periodic_hook": "PERIODIC_HOOK",
    "func_pitchshift": "PITCH_SHIFT",
    "func_pjsip_aor": "PJSIP_AOR",
    "func_pjsip_contact": "PJSIP_CONTACT",
    "func_pjsip_endpoint": "PJSIP_ENDPOINT",
    "func_presencestate": "PRESENCE_STATE",
    "func_rand": "RAND",
    "func_realtime": "REALTIME REALTIME_DESTROY REALTIME_FIELD REALTIME_HASH REALTIME_STORE",
    "func_sayfiles": "SAYFILES",
    "func_scramble": "SCRAMBLE",
    "func_sha1": "SHA1",
    "func_shell": "SHELL",
    "func_sorcery": "AST_SORCERY",
    "func_speex": "AGC DENOISE",
    "func_sprintf": "SPRINTF",
    "func_srv": "SRVQUERY SRVRESULT",
    "func_sysinfo": "SYSINFO",
    "func_talkdetect": "TALK_DETECT",
    "func_timeout": "TIMEOUT",
    "func_uri": "URIDECODE URIENCODE",
    "func_uuid": "UUID",
    "func_version": "VERSION",
    "func_vmcount": "VMCOUNT",
    "func_volume": "VOLUME",
    "res_agi": "AGI DeadAGI EAGI",
    "res_fax": "FAXOPT ReceiveFAX SendFAX",
    "res_geolocation": "GEOLOC_PROFILE",
    "res_monitor": "ChangeMonitor Monitor PauseMonitor StopMonitor UnpauseMonitor",
    "res_musiconhold": "MusicOnHold StartMusicOnHold StopMusicOnHold",
    "res_mutestream": "MUTEAUDIO",
    "res_odbc_transaction": "ODBC ODBC_Commit ODBC_Rollback",
    "res_parking": "PARK_GET_CHANNEL Park ParkAndAnnounce ParkedCall",
    "res_pjsip_header_funcs": "PJSIP_HEADER PJSIP_HEADERS PJSIP_HEADER_PARAM",
    "res_smdi": "SMDI_MSG SMDI_MSG_RETRIEVE",
    "res_stir_shaken": "STIR_SHAKEN",
    "res_tonedetect": "TONE_DETECT ToneScan WaitForTone",
    "app_minivm": (
        "MINIVMACCOUNT MINIVMCOUNTER MinivmAccMess MinivmDelete MinivmGreet MinivmMWI MinivmNotify MinivmRecord"
    ),
    "app_queue": (
        "AddQueueMember PauseQueueMember QUEUE_EXISTS QUEUE_GET_CHANNEL QUEUE_MEMBER QUEUE_MEMBER_COUNT "
        "QUEUE_MEMBER_LIST QUEUE_MEMBER_PENALTY QUEUE_VARIABLES QUEUE_WAITING_COUNT Queue QueueLog "
        "QueueUpdate RemoveQueueMember UnpauseQueueMember"
    ),
    "app_speech_utils": (
        "SPEECH SPEECH_ENGINE SPEECH_GRAMMAR SPEECH_RESULTS_TYPE SPEECH_SCORE SPEECH_TEXT "
        "SpeechActivateGrammar SpeechBackground SpeechCreate SpeechDeactivateGrammar SpeechDestroy "
        "SpeechLoadGrammar SpeechProcessingSound SpeechStart SpeechUnloadGrammar"
    ),
    "chan_pjsip": (
        "PJSIPHangup PJSIP_DIAL_CONTACTS PJSIP_DTMF_MODE PJSIP_MEDIA_OFFER PJSIP_PARSE_URI PJSIP_PARSE_URI_FROM"
    ),
    "chan_sip": (
        "CHECKSIPDOMAIN SIPAddHeader SIPCHANINFO SIPDtmfMode SIPPEER SIPRemoveHeader SIPSendCustomINFO "
        "SIP_HEADER SIP_HEADERS"
    ),
    "func_strings": (
        "ARRAY CSV_QUOTE ClearHash EVAL FIELDNUM FIELDQTY FILTER HASH HASHKEYS KEYPADHASH LEN LISTFILTER "
        "LTRIM PASSTHRU POP PUSH QUOTE REGEX REPLACE RTRIM SHIFT STRBETWEEN STRFTIME STRPTIME STRREPLACE "
        "TOLOWER TOUPPER TRIM UNSHIFT"
    ),
}
"Names of applications and functions by the module of Asterisk's that provides them."

BUILT_IN: Mapping[str, str] = {
    "bridge_holding": "Bridges that hold channels",
    "bridge_native_rtp": "Packets from leg to leg",
    "bridge_simple": "Bridges of two",
    "bridge_softmix": "Bridges of many",
    "chan_bridge_media": "Prompts into bridges",
    "codec_a_mu": "alaw and ulaw",
    "codec_alaw": "alaw",
    "codec_g722": "G.722",
    "codec_gsm": "GSM",
    "codec_opus_open_source": "Opus",
    "codec_resample": "Sample rates",
    "codec_speex": "Speex",
    "codec_ulaw": "ulaw",
    "format_gsm": "Files of GSM",
    "format_pcm": "Files of ulaw, alaw, and G.722",
    "format_sln": "Files of raw samples",
    "format_wav": "WAV files",
    "format_wav_gsm": "WAV files of GSM",
    "res_clioriginate": "channel originate and channel redirect",
    "res_crypto": "Keys and signatures",
    "res_rtp_asterisk": "RTP",
    "res_security_log": "The security log",
    "res_srtp": "SRTP",
    "res_timing_pthread": "Time",
    "res_timing_timerfd": "Time",
}
"Modules of Asterisk's whose work is always done here, and what it is."

WITH_PJSIP = (
    "chan_pjsip", "res_pjproject", "res_pjsip", "res_pjsip_authenticator_digest", "res_pjsip_caller_id",
    "res_pjsip_dtmf_info", "res_pjsip_endpoint_identifier_ip", "res_pjsip_endpoint_identifier_user",
    "res_pjsip_header_funcs", "res_pjsip_logger", "res_pjsip_nat", "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_outbound_registration", "res_pjsip_rfc3326", "res_pjsip_registrar", "res_pjsip_sdp_rtp",
    "res_pjsip_session",
)  # fmt: skip
"What runs when PJSIP does."

NEEDS: Mapping[str, tuple[str, ...]] = {"chan_pjsip": ("res_pjproject", "res_pjsip", "res_pjsip_session")}
"What else must not be left out, where leaving it out leaves out more."

ASTERISK_PREFIXES = (
    "app_", "bridge_", "cdr_", "cel_", "chan_", "codec_", "format_", "func_", "pbx_", "res_", "test_",
)  # fmt: skip
"What names of Asterisk's modules begin with; others are Python's."

RELOADS: Mapping[str, str] = {
    "pbx_config": "dialplan",
    "chan_sip": "sip",
    "chan_pjsip": "pjsip",
    "res_pjsip": "pjsip",
    "res_musiconhold": "musiconhold",
    "res_indications": "indications",
    "cdr_csv": "cdr",
    "cdr_custom": "cdr",
    "cdr_adaptive_odbc": "cdr",
    "cdr_manager": "cdr",
    "cdr_pgsql": "cdr",
    "cdr_sqlite3_custom": "cdr",
    "res_parking": "parking",
    "app_queue": "queues",
    "app_voicemail": "voicemail",
    "app_confbridge": "confbridge",
    "res_odbc": "res_odbc",
    "res_config_odbc": "res_odbc",
}
"What of the configuration a module of Asterisk's reads, in the words of `Runtime.reload`."

_UNITS: dict[str, str] = {name: unit for unit, names in PROVIDES.items() for name in names.split()}


def unit_of(name: str) -> str:
    """The module of Asterisk's that provides an application or function; empty when none does, or its core."""
    return _UNITS.get(name, "")


def is_asterisks(module: str) -> bool:
    """Whether a module's name is of Asterisk's kind."""
    return module.startswith(ASTERISK_PREFIXES)
