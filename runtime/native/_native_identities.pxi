# Identities: one table of Python's making into one of C's.

Credential = namedtuple("Credential", "username realm algorithm ha1")
Media = namedtuple("Media", "codecs dtmf symmetric prefer_remote_order", defaults=((), "rfc4733", False, True))
Access = namedtuple("Access", "permit network")
Pattern = namedtuple("Pattern", "header text regex", defaults=(False,))
Identity = namedtuple(
    "Identity",
    "number service users register_users auth_users networks credentials challenge access accounts media force_rport "
    "rewrite_contact patterns",
    defaults=((), (), (), (), (), frozenset(), (), (), Media(), True, False, ()),
)
Service = namedtuple(
    "Service",
    "transports order realm algorithms challenge register_user wrong_password nonce_lifetime_s guest options access",
    defaults=((), ("ip", "username", "anonymous"), "asterism", ("md5",), frozenset({"*"}), "from", 401, 32, 0, "defer",
              ()),
)

cdef dict _ORDER = {"ip": MATCH_IP, "address": MATCH_ADDRESS, "username": MATCH_USERNAME,
                    "auth_username": MATCH_AUTH_USERNAME, "anonymous": MATCH_ANONYMOUS, "header": MATCH_HEADER,
                    "request_uri": MATCH_REQUEST_URI}
cdef dict _ALGORITHM = {"md5": 0, "sha256": 1}
cdef dict _DTMF = {"rfc4733": 0, "info": 1, "inband": 2, "auto": 3, "none": 4}
cdef dict _HA1_DIGITS = {"md5": 32, "sha256": 64}


cdef object _known(dict table, object name, str what):
    if name not in table:
        raise ValueError(f"{what} {name!r} is not one of {', '.join(table)}")
    return table[name]


cdef media_rule *_media(object media) except? NULL:
    cdef _Texts texts = _Texts()
    cdef pj_str_t names[64]
    cdef unsigned count = 0
    codecs, dtmf, symmetric, prefer = media
    if len(codecs) > 64:
        raise ValueError("a call can negotiate 64 codecs at most")
    for name in codecs:
        names[count] = texts.put(name)
        count += 1
    return media_rule_new(names, count, _known(_DTMF, dtmf, "dtmf mode"), symmetric, prefer)


cdef class _Table:
    """A directory while it is being built; dropped when building fails."""

    cdef directory *table

    def __dealloc__(self):
        if self.table != NULL:
            directory_drop(self.table)

    cdef pj_str_t text(self, str value) except *:
        cdef bytes raw = value.encode()
        return directory_text(self.table, raw, len(raw))

    cdef int network(self, str text, network *out) except -1:
        cdef bytes raw = text.encode()
        if network_parse(raw, out) != DONE:
            raise ValueError(f"{text!r} is not an address or network")
        return 0

    cdef int methods(self, object names, methods *out) except -1:
        cdef unsigned i = 0
        out.all = "*" in names
        out.name = <pj_str_t *>pj_pool_calloc(directory_pool(self.table), len(names) + 1, sizeof(pj_str_t))
        for name in names:
            out.name[i] = self.text(name)
            i += 1
        out.count = i
        return 0

    cdef access_line *access(self, object lines) except? NULL:
        cdef access_line *out = <access_line *>pj_pool_calloc(directory_pool(self.table), len(lines) + 1,
                                                              sizeof(access_line))
        cdef unsigned i = 0
        for permit, text in lines:
            out[i].permit = permit
            self.network(text, &out[i].net)
            i += 1
        return out

    cdef int put_service(self, unsigned index, object given, object numbers) except -1:
        cdef service *it = directory_service(self.table, index)
        if len(given.order) > MATCH_STEPS:
            raise ValueError("an order has 8 entries at most")
        for i, name in enumerate(given.order):
            it.order[i] = _known(_ORDER, name, "order entry")
        it.steps = len(given.order)
        it.realm = self.text(given.realm)
        for name in given.algorithms:
            it.offers[_known(_ALGORITHM, name, "algorithm")] = True
        self.methods(given.challenge, &it.challenge)
        it.register_by_to = _known({"from": False, "to": True}, given.register_user, "register_user")
        it.answer_options = _known({"defer": False, "answer": True}, given.options, "options")
        if given.wrong_password not in (401, 403):
            raise ValueError(f"wrong_password {given.wrong_password} is neither 401 nor 403")
        it.wrong_password = given.wrong_password
        it.nonce_lifetime_s = given.nonce_lifetime_s
        if given.guest and given.guest not in numbers:
            raise ValueError(f"guest {given.guest} is no identity")
        it.guest = given.guest
        it.access = self.access(given.access)
        it.accesses = len(given.access)
        for transport in given.transports:
            directory_transport(self.table, transport, index)
        return 0

    cdef int put_identity(self, unsigned index, object given, unsigned services) except -1:
        cdef identity *it = directory_identity(self.table, index)
        cdef network net
        cdef pj_str_t text, name
        if not 0 < given.number <= 0xFFFFFFFF:
            raise ValueError(f"{given.number} cannot number an identity")
        if not 0 <= given.service < services:
            raise ValueError(f"identity {given.number} belongs to service {given.service}, which there is not")
        it.number = given.number
        it.service = given.service
        it.account = <int *>pj_pool_calloc(directory_pool(self.table), len(given.accounts) + 1, sizeof(int))
        if it.account == NULL:
            raise MemoryError
        for at, account in enumerate(given.accounts):
            it.account[at] = account
        it.accounts = len(given.accounts)
        it.force_rport = given.force_rport
        it.rewrite_contact = given.rewrite_contact
        self.methods(given.challenge, &it.challenge)
        it.access = self.access(given.access)
        it.accesses = len(given.access)
        it.media = _media(given.media)
        it.credential = <credential *>pj_pool_calloc(directory_pool(self.table), len(given.credentials) + 1,
                                                     sizeof(credential))
        for i, (username, realm, algorithm, ha1) in enumerate(given.credentials):
            it.credential[i].algorithm = _known(_ALGORITHM, algorithm, "algorithm")
            if len(ha1) != _HA1_DIGITS[algorithm] or set(ha1) - set("0123456789abcdef"):
                raise ValueError(f"the HA1 of {username!r} is not {_HA1_DIGITS[algorithm]} lower-case hex digits")
            it.credential[i].username = self.text(username)
            it.credential[i].realm = self.text(realm)
            for j, digit in enumerate(ha1.encode()):
                it.credential[i].ha1[j] = digit
        it.credentials = len(given.credentials)
        for kind, users in ((KEY_USER, given.users), (KEY_REGISTER_USER, given.register_users),
                            (KEY_AUTH_USER, given.auth_users)):
            for user in users:
                text = self.text(user)
                directory_user(self.table, kind, it, &text)
        for network_text in given.networks:
            self.network(network_text, &net)
            directory_network(self.table, it, &net)
        for header, wanted, is_regex in given.patterns:
            name = self.text(header)
            text = self.text(wanted)
            if not directory_pattern(self.table, it, &name, &text, is_regex):
                raise ValueError(f"{wanted!r} is no regular expression")
        return 0

    cdef void install(self):
        cdef directory *table = self.table
        self.table = NULL
        with nogil:
            directory_finish(table)
            directory_install(table)


def set_identities(services, identities):
    cdef _Table table = _Table()
    cdef unsigned service_count = len(services)
    if not native_attached():
        raise NativeError(0, "not attached")
    numbers = {given.number for given in identities}
    if len(numbers) != len(identities):
        raise ValueError("two identities have the same number")
    table.table = directory_new(service_count, len(identities))
    if table.table == NULL:
        raise ValueError(f"{service_count} services are too many (64)")
    for index, given in enumerate(services):
        table.put_service(index, given, numbers)
    for index, given in enumerate(identities):
        table.put_identity(index, given, service_count)
    table.install()


def learn(unsigned identity, address):
    cdef bytes host
    cdef int result
    if address is None:
        result = learned_put(identity, NULL, 0)
    else:
        host = address[0].encode()
        result = learned_put(identity, host, address[1])
    _check(result, "address")
