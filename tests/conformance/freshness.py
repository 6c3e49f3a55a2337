"""RFC 9111 sections 4.2 and 5: how long is it good, and what may a request demand."""
from case import FRESH, Ask, Case, Now, Says, between

STALE = {"Cache-Control": "max-age=0"}


def fresh(section, fact, fields, ask=None, settings="plain", **says):
    """What is stored is given without asking."""
    return Case(section, fact, [Says(fields, **says)], [Ask(), Ask(ask or {}, asked=1)], settings)


def asked_again(section, fact, fields, ask=None, settings="plain", **says):
    """The origin is asked, with the validators, and what is stored is given when it is unchanged."""
    return Case(section, fact, [Says(fields, **says)],
                [Ask(), Ask(ask or {}, asked=2, sent={"If-None-Match": '"v1"'})], settings)


def control(value, **more):
    return {"Cache-Control": value, **more}


CASES = [
    fresh("9111-4.2.1", "max-age is a lifetime", control("max-age=3600")),
    fresh("9111-4.2.1", "s-maxage is a lifetime", control("s-maxage=3600")),
    fresh("9111-4.2.1", "s-maxage goes before max-age", control("max-age=0, s-maxage=3600")),
    asked_again("9111-4.2.1", "s-maxage=0 goes before max-age", control("max-age=3600, s-maxage=0")),
    fresh("9111-4.2.1", "Expires is a lifetime", {"Expires": Now(3600)}),
    fresh("9111-5.3", "Expires counts from the origin's Date", {"Date": Now(-30), "Expires": Now(30)}),
    asked_again("9111-5.3", "... whatever our own clock says", {"Date": Now(7200), "Expires": Now(7000)}),
    fresh("9111-5.2.2.1", "max-age goes before Expires", control("max-age=3600", Expires=Now(-100))),
    asked_again("9111-5.2.2.1", "max-age=0 goes before Expires", control("max-age=0", Expires=Now(3600))),
    fresh("9111-5.2.2.10", "s-maxage goes before Expires", control("s-maxage=3600", Expires=Now(-100))),
    asked_again("9111-5.3", "Expires in the past is no lifetime", {"Expires": Now(-1)}),
    asked_again("9111-5.3", "Expires: 0 is in the past", {"Expires": "0"}),
    asked_again("9111-5.3", "an Expires that is no date is in the past", {"Expires": "in an hour"}),
    asked_again("9111-5.3", "an Expires that equals Date is no lifetime", {"Expires": Now(0), "Date": Now(0)}),
    fresh("9111-5.3", "an Expires in the form of RFC 850 is read", {"Expires": "Thursday, 31-Dec-37 23:59:59 GMT"}),
    asked_again("9111-4.2.1", "max-age=0 is no lifetime", control("max-age=0")),
    asked_again("9111-4.2.1", "a max-age below zero is none", control("max-age=-1")),
    asked_again("9111-4.2.1", "a max-age that is no number is none", control("max-age=soon")),
    asked_again("9111-4.2.1", "a max-age with a fraction is none", control("max-age=3600.5")),
    asked_again("9111-4.2.1", "of two max-age the smaller counts", control("max-age=3600, max-age=0")),
    fresh("9111-1.2.2", "a max-age beyond all numbers is a long time", control("max-age=99999999999999999999")),
    fresh("9111-1.2.2", "a max-age of more than 31 bits is a long time", control("max-age=2147483649")),
    asked_again("9111-5.2.2.4", "no-cache asks each time", control("no-cache")),
    asked_again("9111-5.2.2.4", "no-cache goes before max-age", control("max-age=3600, no-cache")),
    asked_again("9111-5.2.2.4", "no-cache with a list of fields may be taken for no-cache",
                control('max-age=3600, no-cache="set-cookie"')),
    fresh("9111-5.4", "Pragma in an answer means nothing", control("max-age=3600", Pragma="no-cache")),
    asked_again("9111-4.2.3", "an Age above the lifetime is stale", control("max-age=100", Age="101")),
    fresh("9111-4.2.3", "an Age below the lifetime is fresh", control("max-age=100", Age="50")),
    asked_again("9111-4.2.3", "an Age that equals the lifetime is stale", control("max-age=100", Age="100")),
    asked_again("9111-4.2.3", "a Date older than the lifetime is stale", control("max-age=100", Date=Now(-101))),
    fresh("9111-4.2.3", "a Date younger than the lifetime is fresh", control("max-age=100", Date=Now(-50))),
    asked_again("9111-4.2.3", "an old Date counts beside a small Age", control("max-age=100", Date=Now(-101), Age="1")),
    asked_again("9111-5.1", "an Age beyond all numbers is very old", control("max-age=3600", Age="99999999999999999999")),
    Case("9111-4.2", "a lifetime ends", [Says(control("max-age=1"))],
         [Ask(), Ask(after=2.1, asked=2, sent={"If-None-Match": '"v1"'})]),
    asked_again("9111-4.2.2", "no lifetime at all: asked again each time", {}),
    asked_again("9111-4.2.2", "... also where no change is dated", {}, last_modified=None),
    fresh("9111-4.2.2", "a guess, where the operator wants one: a tenth of the time since the last change", {},
          settings="guess", last_modified=Now(-36000)),
    asked_again("9111-4.2.2", "no guess without a date of the last change", {}, settings="guess", last_modified=None),
    asked_again("9111-4.2.2", "no guess where a lifetime is said", control("max-age=0"), settings="guess",
                last_modified=Now(-36000)),
    asked_again("9111-4.2.2", "no guess where no-cache is said", control("no-cache"), settings="guess",
                last_modified=Now(-36000)),
    asked_again("9111-4.2.2", "the guess is bounded: what is older than the bound is stale", {"Age": "601"},
                settings="guess", last_modified=Now(-3600000)),
    fresh("9111-4.2.2", "the operator's default lifetime is for answers that name none", {}, settings="default"),
    asked_again("9111-4.2.2", "... and not for those that name one", control("max-age=0"), settings="default"),

    asked_again("9111-5.2.1.4", "a request's no-cache has it validated", FRESH, control("no-cache")),
    asked_again("9111-5.4", "a request's Pragma: no-cache likewise, without Cache-Control", FRESH, {"Pragma": "no-cache"}),
    fresh("9111-5.4", "... and not beside Cache-Control", FRESH, control("max-stale=0", Pragma="no-cache")),
    asked_again("9111-5.2.1.1", "a request's max-age=0 has it validated",
                {"Cache-Control": "max-age=3600", "Age": "1"}, control("max-age=0")),
    asked_again("9111-5.2.1.1", "a request's max-age below the age has it validated",
                control("max-age=3600", Age="100"), control("max-age=50")),
    fresh("9111-5.2.1.1", "a request's max-age above the age takes what is stored",
          control("max-age=3600", Age="100"), control("max-age=500")),
    asked_again("9111-5.2.1.3", "a request's min-fresh beyond what is left has it validated",
                control("max-age=3600", Age="3000"), control("min-fresh=1000")),
    fresh("9111-5.2.1.3", "a request's min-fresh within what is left takes what is stored",
          control("max-age=3600", Age="3000"), control("min-fresh=100")),
    fresh("9111-5.2.1.2", "a request's max-stale takes what is stale for less",
          control("max-age=100", Age="150"), control("max-stale=1000")),
    asked_again("9111-5.2.1.2", "... and not what is stale for longer",
                control("max-age=100", Age="1500"), control("max-stale=1000")),
    fresh("9111-5.2.1.2", "a request's max-stale without a value takes anything",
          control("max-age=100", Age="9000"), control("max-stale")),
    asked_again("9111-5.2.2.2", "must-revalidate goes before a request's max-stale",
                control("max-age=100, must-revalidate", Age="150"), control("max-stale")),
    asked_again("9111-5.2.2.8", "proxy-revalidate goes before a request's max-stale",
                control("max-age=100, proxy-revalidate", Age="150"), control("max-stale")),
    Case("9111-5.2.1.7", "only-if-cached of what is not stored is 504", [Says(FRESH)],
         [Ask(control("only-if-cached"), status=504, body=None, asked=0)]),
    fresh("9111-5.2.1.7", "only-if-cached of what is stored is given", FRESH, control("only-if-cached")),
    Case("9111-5.2.1.7", "only-if-cached of what is stale is 504", [Says(STALE)],
         [Ask(), Ask(control("only-if-cached"), status=504, body=None, asked=1)]),
    fresh("9111-5.2.1.5", "a request's no-store may be given what is stored", FRESH, control("no-store")),
    fresh("9111-5.2.1", "an unknown directive of a request is ignored", FRESH, control("x-fresh=1, quick")),
    Case("9111-4.2.4", "stale is not served while the origin can be asked", [Says(STALE), Says(STALE, etag='"v2"')],
         [Ask(), Ask(body=1, asked=2)]),
    Case("9111-4.2.4", "stale is served when the origin is gone, and says its age", [Says(control("max-age=5", Age="10"))],
         [Ask(), Ask(down=True, head={"X-Stagecache": "stale", "Age": between(10, 90)})]),
    Case("9111-4.2.4", "must-revalidate: not stale, when the origin is gone", [Says(control("max-age=0, must-revalidate"))],
         [Ask(), Ask(down=True, status=502, body=None, head={"X-Stagecache": None})]),
    Case("9111-4.2.4", "proxy-revalidate: likewise", [Says(control("max-age=0, proxy-revalidate"))],
         [Ask(), Ask(down=True, status=502, body=None)]),
    Case("9111-4.2.4", "no-cache: likewise", [Says(control("no-cache"))],
         [Ask(), Ask(down=True, status=502, body=None)]),
    Case("9111-5.2.2.10", "s-maxage: likewise", [Says(control("s-maxage=0"))],
         [Ask(), Ask(down=True, status=502, body=None)]),
    Case("9111-5.2.2.2", "must-revalidate: within its lifetime nobody is asked", [Says(control("max-age=3600, must-revalidate"))],
         [Ask(), Ask(down=True, head={"X-Stagecache": "hit"})]),
    Case("9111-5.2.1.4", "who demands no-cache is not given stale", [Says(FRESH)],
         [Ask(), Ask(control("no-cache"), down=True, status=502, body=None)]),
]
