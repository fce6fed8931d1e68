//! Where a plugin's links and pictures may point. An address is read the way a browser reads it,
//! judged, and written anew from what was judged, so that no spelling of it means something else
//! later. No client data enters.

use std::borrow::Cow;

use ammonia::Url;

const MAX_BYTES: usize = 2_048;

/// Stands for the site while a path is resolved; never appears in a page.
const BASE: &str = "https://site.invalid";

/// Answers whether a canonical path belongs to a passthrough route.
type IsPassthrough = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// Which addresses are the site's, which other hosts it lists, and which of its paths carry
/// identity.
pub(crate) struct Addresses {
    site_hosts: Vec<String>,
    hosts: Vec<String>,
    passthrough: IsPassthrough,
}

/// An address that may stand in a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// As it is written into the page.
    pub(crate) text: String,
    /// A query was taken off.
    pub(crate) query_dropped: bool,
}

/// An address split into what the rules look at.
enum Place {
    /// A path of this site.
    Site(Url),
    /// An https address elsewhere.
    Other(Url),
    /// A place within the page itself.
    Here(String),
}

impl Addresses {
    pub(crate) fn new(site_hosts: Vec<String>, hosts: Vec<String>, passthrough: IsPassthrough) -> Self {
        // Read as in an address, so that ports, capitals and other alphabets do not matter.
        let read = |host: &String| {
            let url = Url::parse(&format!("https://{host}/")).ok();
            tidy_host(url.as_ref().and_then(Url::host_str).unwrap_or(host))
        };
        let tidy = |hosts: Vec<String>| hosts.iter().map(read).collect();
        Self { site_hosts: tidy(site_hosts), hosts: tidy(hosts), passthrough }
    }

    /// An address that loads without being asked for (`src` of a picture).
    pub(crate) fn loading(&self, text: &str) -> Result<Address, &'static str> {
        const WHERE: &str = "pictures come from a path of this site that begins with `/`, or by \
                             https from a host that the site lists";
        match self.place(text).map_err(|why| why.unwrap_or(WHERE))? {
            Place::Site(url) => {
                if (self.passthrough)(&canonical_path(&url)?) {
                    return Err("a picture may not come from a passthrough route");
                }
                site_address(&url, false)
            }
            Place::Other(url) => {
                let listed = url.host_str().is_some_and(|host| self.hosts.contains(&tidy_host(host)));
                if listed && url.port().is_none() { Ok(written(&url)) } else { Err(WHERE) }
            }
            Place::Here(_) => Err(WHERE),
        }
    }

    /// An address that is followed when somebody clicks (`href` of a link).
    pub(crate) fn link(&self, text: &str) -> Result<Address, &'static str> {
        const WHERE: &str = "links go to a path of this site that begins with `/`, to a place in \
                             the page (`#…`), or by https to another site";
        match self.place(text).map_err(|why| why.unwrap_or(WHERE))? {
            Place::Site(mut url) => {
                let query_dropped = url.query().is_some() && (self.passthrough)(&canonical_path(&url)?);
                if query_dropped {
                    url.set_query(None);
                }
                Ok(Address { query_dropped, ..site_address(&url, true)? })
            }
            Place::Other(url) => Ok(written(&url)),
            Place::Here(text) => Ok(Address { text, query_dropped: false }),
        }
    }

    /// The path of a fragment to include.
    pub(crate) fn fragment(&self, text: &str) -> Result<String, &'static str> {
        const WHERE: &str = "a fragment is named by a path of this site, without a query";
        let Place::Site(url) = self.place(text).map_err(|why| why.unwrap_or(WHERE))? else {
            return Err(WHERE);
        };
        if !text.trim_ascii().starts_with('/') || url.query().is_some() || url.fragment().is_some() {
            return Err(WHERE);
        }
        let path = canonical_path(&url)?;
        if (self.passthrough)(&path) {
            Err("a fragment may not come from a passthrough route")
        } else {
            Ok(path)
        }
    }

    /// Reads an address; an error without words means that it points nowhere a plugin may point.
    fn place(&self, text: &str) -> Result<Place, Option<&'static str>> {
        let text = text.trim_ascii();
        if text.len() > MAX_BYTES {
            return Err(Some("the address is longer than 2,048 bytes"));
        }
        // Browsers take some of these out and read others as `/`; nobody writes them in good faith.
        if text
            .chars()
            .any(|character| character.is_control() || character.is_whitespace() || character == '\\')
        {
            return Err(Some("the address holds a space, a control character or a backslash"));
        }
        if let Some(name) = text.strip_prefix('#') {
            let plain =
                name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
            return if plain { Ok(Place::Here(text.to_owned())) } else { Err(None) };
        }
        if text.starts_with('/') && !text.starts_with("//") {
            let url = Url::parse(&format!("{BASE}{text}")).map_err(|_| None)?;
            return if url.as_str().starts_with(BASE) { Ok(Place::Site(url)) } else { Err(None) };
        }
        let spelled = text.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
        let url = Url::parse(text).ok().filter(|_| spelled).ok_or(None)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Some("the address holds a user name or password"));
        }
        let host = tidy_host(url.host_str().ok_or(None)?);
        if !self.site_hosts.contains(&host) {
            return Ok(Place::Other(url));
        }
        // The site's own address is a path of the site, whatever port is written.
        let mut path = url.path().to_owned();
        append_tail(&mut path, &url, true);
        Url::parse(&format!("{BASE}{path}")).map(Place::Site).map_err(|_| None)
    }
}

fn tidy_host(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn written(url: &Url) -> Address {
    Address { text: url.as_str().to_owned(), query_dropped: false }
}

/// The address of a page of the site, with its path in canonical form.
fn site_address(url: &Url, with_fragment: bool) -> Result<Address, &'static str> {
    let mut text = canonical_path(url)?;
    append_tail(&mut text, url, with_fragment);
    Ok(Address { text, query_dropped: false })
}

fn append_tail(text: &mut String, url: &Url, with_fragment: bool) {
    if let Some(query) = url.query() {
        text.push('?');
        text.push_str(query);
    }
    if let Some(fragment) = url.fragment().filter(|_| with_fragment) {
        text.push('#');
        text.push_str(fragment);
    }
}

/// The path as the router sees it: escapes of plain characters resolved, the others in capitals.
/// Paths that two readers could take differently are refused.
fn canonical_path(url: &Url) -> Result<String, &'static str> {
    const DOUBTFUL: &str = "the path holds an empty part, a `;` or an escape that not everybody reads alike";
    let path = url.path();
    if path.contains("//") || path.contains(';') {
        return Err(DOUBTFUL);
    }
    let mut canonical = String::with_capacity(path.len());
    let mut pieces = path.split('%');
    canonical.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).ok_or(DOUBTFUL)?;
        let byte = u8::from_str_radix(digits, 16).map_err(|_| DOUBTFUL)?;
        match byte {
            b'/' | b'\\' | b'%' | b';' | 0..0x20 | 0x7F => return Err(DOUBTFUL),
            b'-' | b'.' | b'_' | b'~' => canonical.push(char::from(byte)),
            plain if plain.is_ascii_alphanumeric() => canonical.push(char::from(plain)),
            other => canonical.push_str(&format!("%{other:02X}")),
        }
        canonical.push_str(rest);
    }
    Ok(canonical)
}

impl From<Address> for Cow<'_, str> {
    fn from(address: Address) -> Self {
        Cow::Owned(address.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        Addresses::new(
            vec!["Shop.example".to_owned(), "bücher.example:8080".to_owned()],
            vec!["cdn.example".to_owned()],
            Box::new(|path| path == "/account" || path.starts_with("/account/")),
        )
    }

    #[test]
    fn pictures_come_from_the_site_or_a_listed_host() {
        let addresses = addresses();
        for (text, expected) in [
            ("/img/a.png", Some("/img/a.png")),
            (" /img/../b.png?w=3#x ", Some("/b.png?w=3")),
            ("/%69mg/%c3%a9.png", Some("/img/%C3%A9.png")),
            ("/été.png", Some("/%C3%A9t%C3%A9.png")),
            ("https://cdn.example/a.png", Some("https://cdn.example/a.png")),
            ("HTTPS://CDN.example./a.png", Some("https://cdn.example./a.png")),
            ("https://shop.example/a.png", Some("/a.png")),
            ("https://shop.example/account/a.png", None),
            ("https://shop.example:8443/account/a.png", None),
            ("https://cdn.example:8443/a.png", None),
            ("https://cdn.example.evil.example/a.png", None),
            ("https://cdn.example@evil.example/a.png", None),
            ("https://evil.example/a.png", None),
            ("http://cdn.example/a.png", None),
            ("https:/cdn.example/a.png", None),
            ("https:a.png", None),
            ("//cdn.example/a.png", None),
            ("/\\evil.example/a.png", None),
            ("/\t/evil.example/a.png", None),
            ("a.png", None),
            ("../a.png", None),
            ("?a", None),
            ("#a", None),
            ("", None),
            ("javascript:alert(1)", None),
            ("data:image/png;base64,AA", None),
            ("blob:https://shop.example/1", None),
            ("/account", None),
            ("/account/logout", None),
            ("/%61ccount/logout", None),
            ("/x/../account/logout", None),
            ("/x/%2e%2e/account/logout", None),
            ("/x/%2E./account", None),
            ("/account;a=b/logout", None),
            ("//account/logout", None),
            ("/x//account", None),
            ("/x%2Faccount", None),
            ("/x%5Caccount", None),
            ("/%2561ccount", None),
            ("/a%00", None),
            ("/a%", None),
            ("/a%zz", None),
        ] {
            assert_eq!(addresses.loading(text).ok().map(|found| found.text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn links_into_passthrough_lose_their_query() {
        let addresses = addresses();
        for (text, expected, dropped) in [
            ("/sale?x=1#top", "/sale?x=1#top", false),
            ("/account?v=fr", "/account", true),
            ("/%61ccount/x?v=fr#y", "/account/x#y", true),
            ("https://SHOP.example./account?v=fr", "/account", true),
            ("https://shop.example:444/account?v=fr", "/account", true),
            ("https://xn--bcher-kva.example/account?v=fr", "/account", true),
            ("https://other.example/?q=1", "https://other.example/?q=1", false),
            ("#reviews", "#reviews", false),
        ] {
            let address = addresses.link(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!((address.text.as_str(), address.query_dropped), (expected, dropped), "{text}");
        }
        for text in [
            "javascript:alert(1)",
            "JaVaScRiPt:x",
            "http://other.example/",
            "mailto:a@b",
            "//x",
            "x",
            "#:~:text=a",
        ] {
            assert!(addresses.link(text).is_err(), "{text}");
        }
    }

    #[test]
    fn fragments_are_paths_of_the_site() {
        let addresses = addresses();
        assert_eq!(addresses.fragment("/parts/menu").as_deref(), Ok("/parts/menu"));
        for text in ["/account/menu", "/parts?x", "/parts#x", "https://shop.example/parts", "parts", "#x"] {
            assert!(addresses.fragment(text).is_err(), "{text}");
        }
    }
}
