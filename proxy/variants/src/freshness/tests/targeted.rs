//! `CDN-Cache-Control`.

use super::*;

#[test]
fn cdn_cache_control_replaces_the_others_if_it_can_be_read() {
    let (cdn, cc) = ("cdn-cache-control", "cache-control");
    let soon = at(60);
    check(&[
        ("9213 2.2", &[(cdn, "max-age=3600")], 3600),
        ("9213 2.2", &[(cdn, "max-age=3600"), (cc, "max-age=1")], 3600),
        ("9213 2.2", &[(cdn, "max-age=1"), (cc, "max-age=3600")], 1),
        ("9213 2.2", &[(cdn, "max-age=3600"), ("expires", "0")], 3600),
        ("9213 2.2", &[(cdn, "max-age=0"), ("expires", &soon)], 0),
        ("9213 2.2", &[(cdn, "foo"), ("expires", &soon)], 0),
        ("9213 2.2", &[(cdn, "max-age=10"), (cc, "no-store, private")], 10),
        ("9213 2.2", &[(cdn, "max-age=3600"), ("age", "7200")], 0),
        ("9213 2.2", &[(cdn, "max-age=60, s-maxage=5")], 5),
        ("9213 2.1", &[(cdn, "foobar, max-age=3600")], 3600),
        ("9213 2.1", &[(cdn, "max-age=3600;x=1")], 3600),
        ("9213 2.1", &[(cdn, "max-age=99999999999")], YEAR),
        ("9213 2.1", &[(cdn, "max-age=-1"), (cc, "max-age=60")], 0),
        ("8941 3.2 the last counts", &[(cdn, "max-age=1"), (cdn, "max-age=5")], 5),
        ("9213 2.1 no dictionary", &[(cdn, "MaX-aGe=3600"), (cc, "max-age=1")], 1),
        ("9213 2.1 no dictionary", &[(cdn, "max-age =3600"), (cc, "max-age=1")], 1),
        ("9213 2.1 no dictionary", &[(cdn, "max-age= 3600"), (cc, "max-age=1")], 1),
        ("9213 2.1 no dictionary", &[(cdn, "max-age=3600, &&&"), (cc, "max-age=1")], 1),
        ("9213 2.1 empty", &[(cdn, ""), (cc, "max-age=1")], 1),
        ("9213 2.1 types", &[(cdn, "max-age=\"60\""), (cc, "max-age=1")], 1),
        ("9213 2.1 types", &[(cdn, "max-age=1.5"), (cc, "max-age=1")], 1),
        ("9213 2.1 types", &[(cdn, "max-age=60, no-store=?0"), (cc, "max-age=1")], 1),
        ("9213 2.1 types", &[(cdn, "max-age=(60)"), (cc, "max-age=1")], 1),
        ("5.2.2.4", &[(cdn, "no-cache, max-age=60"), (cc, "max-age=60")], 0),
        ("5.2.2.4", &[(cdn, "no-cache=\"a\", max-age=60")], 0),
    ]);
    for (value, expected) in [
        ("no-store", Unstorable::NoStore),
        ("private", Unstorable::Private),
        ("private=\"set-cookie\", max-age=9", Unstorable::Private),
    ] {
        assert_eq!(freshness(200, &[(cdn, value), (cc, "max-age=60")]), Err(expected), "{value}");
    }
    let invalid = [(cdn, "max-age=10000, &&&&&"), (cc, "no-store")];
    assert_eq!(freshness(200, &invalid), Err(Unstorable::NoStore), "9213 2.1");
}
