"""Every bound of the house, named, with its reason."""

APP_DATA_BYTES = 8191
"Longest argument text of an application: Asterisk's own buffer, and dialplans rely on the cut."

CHANNELS_MAX = 4096
"Channels at once: PJSIP is built for this many calls."

MAILBOX_EVENTS_MAX = 1000
"Unread events of one channel; a peer that floods DTMF or re-INVITEs loses the excess, not the process."

LISTENER_EVENTS_MAX = 10_000
"Unread events of one remote listener (console, manager); beyond it the listener is cut off and told why."

CONSOLE_LINE_BYTES = 8192
"Longest line a console may send."

CONSOLE_UNREAD_BYTES = 4 << 20
"Output that a console has not read yet; beyond it the console is cut off and told why."

CONSOLE_WAITING = 64
"Commands of one console that wait their turn; beyond it nothing more is read from it until they are done."

CONSOLES_MAX = 128
"Remote consoles at once."

SHUTDOWN_WAIT_S = 5.0
"How long leaving a runtime waits for its channels to end by themselves after their hangup."

CONTACTS_MAX = 10
"Contacts of one address of record unless it says otherwise."

CALL_FILE_BYTES = 65_536
"Longest call file; what is longer is cut."

INCLUDE_DEPTH_MAX = 16
"Nested #include files, as Asterisk bounds them."

FORWARDS_MAX = 20
"Times that a call may be dialled on (Local in Local, forwards): Asterisk's own bound against loops."

RECORDS_WAITING_MAX = 10_000
"Call records that wait for one back end that cannot be reached; beyond it the oldest are lost."
