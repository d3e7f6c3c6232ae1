"""What a check of a school's WCBS came to, in words: what it means, who can change it, and what to do next."""

from dataclasses import dataclass, replace

from django.conf import settings

from schools.outside import LIMIT_S, Reason
from schools.templatetags.words import and_list, count_of
from sync.wcbs.check import Of

YOU = "You, on this page."
NETWORK = "Whoever looks after the school’s network."
MANAGER = "Whoever manages API accounts in WCBS."
WCBS = "WCBS support."
US = "Our support."
FIREWALL = "If a firewall lets in nobody but Wonde, we cannot get through and Wonde can: then go on without this check."


@dataclass(frozen=True)
class Told:
    """title: in a few words; meaning: what it means; who: who can change it; step: what to do next."""

    title: str
    meaning: str
    who: str
    step: str


IN_WORDS = {
    Of.REACHED: Told(
        "WCBS answers",
        "WCBS answered and lists {schools}.",
        YOU,
        "Choose the school whose class lists come to us.",
    ),
    Of.NO_SCHOOLS: Told(
        "No school in the list",
        "WCBS let us in, and its list of schools is empty.",
        MANAGER,
        "In API account management, check which schools the third party Wonde may see.",
    ),
    Of.NOT_WCBS: Told(
        "Something else answers there",
        "A server answers there, but not as WCBS does, neither at this address nor at /Wcbs.API.",
        NETWORK,
        "Ask for the address at which the WCBS API opens from outside the school. With /swagger after it, a browser "
        "shows the API’s own page.",
    ),
    Of.LOGIN_FIRST: Told(
        "A login stands in front",
        "The web server in front of WCBS asks for a login of its own, and neither we nor Wonde have one.",
        NETWORK,
        "Let the WCBS API be opened without that login: WCBS itself checks the client secret.",
    ),
    Of.INVALID_CLIENT: Told(
        "Wrong client ID or client secret",
        "WCBS answered and does not know this client ID with this client secret.",
        MANAGER,
        "Copy both again, with no space before or after. If WCBS still says so, generate a new secret.",
    ),
    Of.NO_LICENCE: Told(
        "Not allowed to see the schools",
        "The client ID and secret are right, but WCBS does not let them see the list of schools.",
        WCBS,
        "Ask whether the school’s licence covers third parties, and check in API account management that Wonde is "
        "switched on there.",
    ),
    Of.FOREIGN_PAGE: Told(
        "The list goes on elsewhere",
        "WCBS sent the first part of its list and says that the rest is at another address. We did not go there, as "
        "the key would have gone with us.",
        NETWORK,
        "WCBS does not know the name by which it is called from outside, as happens behind a proxy. Have the proxy "
        "pass on the host name.",
    ),
    Of.SERVER_ERROR: Told(
        "The server reports an error",
        "The server answers with an error of its own ({detail}).",
        NETWORK,
        "Try again in a few minutes. If it stays so, restart the WCBS API on the server, then ask WCBS support.",
    ),
    Of.NOT_UNDERSTOOD: Told(
        "An answer we do not understand",
        "A server answered, but not in a way we understand.",
        US,
        "Send us a message: we look at what your version of WCBS answers.",
    ),
    Reason.UNREADABLE: Told(
        "Not an address",
        "This is not the address of a web server.",
        YOU,
        "Copy it from the browser in which the WCBS API opens. It begins with https:// and has no user name in it.",
    ),
    Reason.NUMBER: Told(
        "A number instead of a name",
        "This is a number instead of a name, and no certificate is for a number.",
        NETWORK,
        "Ask for the name by which the server is known outside the school, such as pass.school.example.",
    ),
    Reason.PORT: Told(
        "A port that we do not call",
        "The address names a port that we do not call.",
        NETWORK,
        "Let the WCBS API answer on port {ports}, and leave the port out of the address.",
    ),
    Reason.NO_DNS: Told(
        "No server of this name",
        "No server of this name is known on the internet.",
        NETWORK,
        "Check the spelling. If the name opens inside the school, it is known only there and needs an entry in the "
        "public DNS.",
    ),
    Reason.DNS_SILENT: Told(
        "The name could not be looked up",
        "Nobody could say just now where the server of this name is.",
        NETWORK,
        "Try again in a few minutes. If it stays so, the name servers of the school’s domain do not answer.",
    ),
    Reason.PRIVATE: Told(
        "Inside a private network",
        "This name leads into a private network, where neither we nor Wonde can go.",
        NETWORK,
        "Let the WCBS API be reached from the internet, under a name in the public DNS.",
    ),
    Reason.REFUSED: Told(
        "The connection was refused",
        "The server is there and refuses the connection.",
        NETWORK,
        f"Check that the WCBS API is running and that the firewall lets it be reached. {FIREWALL}",
    ),
    Reason.UNREACHABLE: Told(
        "Nothing answers",
        "Nothing answers at this address.",
        NETWORK,
        f"Check that the server is running and that the firewall lets it be reached. {FIREWALL}",
    ),
    Reason.TLS_EXPIRED: Told(
        "The certificate has expired",
        "The server’s certificate has expired, or is not valid yet.",
        NETWORK,
        "Renew it on the web server, and check that the server’s clock is right.",
    ),
    Reason.TLS_SELF_SIGNED: Told(
        "A self-signed certificate",
        "The server has signed its certificate itself, so nobody vouches for it.",
        NETWORK,
        "Install a certificate from a public authority.",
    ),
    Reason.TLS_UNKNOWN: Told(
        "A certificate from somebody unknown",
        "The server’s certificate was signed by somebody we do not know, or the certificates in between are missing.",
        NETWORK,
        "Install a certificate from a public authority, together with the whole chain that comes with it.",
    ),
    Reason.TLS_WRONG_HOST: Told(
        "A certificate for another name",
        "The server’s certificate is for another name.",
        NETWORK,
        "Use the name that the certificate is for, or have one made for this name.",
    ),
    Reason.TLS_BROKEN: Told(
        "No secure connection",
        "No secure connection could be made.",
        NETWORK,
        "Check that the server speaks HTTPS on this port, in TLS 1.2 or later.",
    ),
    Reason.REDIRECTED: Told(
        "Sent on to another address",
        "The server sends us on to another address. We did not go there, as the secret would have gone with us.",
        NETWORK,
        "Use the address at which a browser ends up. If that is a sign-in page, let the WCBS API be opened without it.",
    ),
    Reason.SLOW: Told(
        "Too slow",
        "There was no whole answer within {limit} seconds.",
        NETWORK,
        "Try again. If it stays so, restart the WCBS API on the server, then ask WCBS support.",
    ),
    Reason.TOO_BIG: Told(
        "An answer far too long",
        "The answer is far longer than a list of schools.",
        NETWORK,
        "Check that this is the address of the WCBS API. If it is, send us a message.",
    ),
    Reason.BROKEN: Told(
        "The connection broke off",
        "The connection broke off in the middle of the answer.",
        NETWORK,
        "Try again. If it stays so, something between may be closing it, such as a firewall that looks inside.",
    ),
}


def told(outcome: str, detail: str = "", schools: int = 0) -> Told:
    """What `outcome` of a check says, for the school. detail: as `Checked` has it; schools: how many were found."""
    words = IN_WORDS[outcome]
    quoted = {
        "schools": count_of(schools, "school"),
        "detail": detail,
        "limit": LIMIT_S,
        "ports": and_list(settings.OUTSIDE_PORTS),
    }
    meaning = words.meaning.format_map(quoted)
    if outcome == Of.NOT_UNDERSTOOD and detail:
        meaning += f" It sent: {detail}."
    return replace(words, meaning=meaning, step=words.step.format_map(quoted))
