//! Looking at a page once. Each address on the way there is looked at before anything is asked of it; nothing of the owner
//! is said, and what grows beyond what a preview needs is not read.

use std::time::Duration;

use super::link::Link;
use super::page::{self, PageFacts};
use super::{Get, Got, LinkPreviewError, Web};
use crate::webhook::Setback;
use crate::webhook::address::{self, AddressError, Reach};

/// Of a page its beginning is enough, where it says what it is.
const PAGE: usize = 512 * 1024;
const PICTURE: usize = 5 * 1024 * 1024;
const MOST_HOPS: usize = 5;
/// Of everything on the way to a page, and again of everything on the way to its picture.
const WITHIN: Duration = Duration::from_secs(12);

/// What a page says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub title: String,
    pub description: String,
    /// As it came; none where the page names none, or it did not come whole.
    pub picture: Option<Vec<u8>>,
}

pub async fn fetch(web: &dyn Web, link: &Link, reach: Reach) -> Result<Fetched, LinkPreviewError> {
    let host = || link.host.clone();
    let (at, body) = follow(web, link.url(), PAGE, reach).await.map_err(|why| why.of(host()))?;
    if !page::is_page(&body.kind) {
        return Err(LinkPreviewError::NotAPage { host: host() });
    }
    let whole = body.whole;
    // Beside everything else: a stranger's page may take long to read, or break its reader.
    let facts = tokio::task::spawn_blocking(move || page::facts(&body.kind, &body.bytes)).await;
    let PageFacts { title, description, picture } = facts.map_err(|_| LinkPreviewError::NotAPage { host: host() })?;
    let Some(title) = title else {
        let host = host();
        return Err(if whole { LinkPreviewError::NoTitle { host } } else { LinkPreviewError::TooLarge { host } });
    };
    let picture = match picture.and_then(|picture| address::onward(&at, &picture)) {
        Some(url) => follow(web, url, PICTURE, reach).await.ok(),
        None => None,
    };
    let picture = picture.map(|(_, body)| body).filter(|body| body.whole).map(|body| body.bytes);
    Ok(Fetched { title, description: description.unwrap_or_default(), picture })
}

/// What came, under the last of the addresses that led there.
struct Body {
    kind: String,
    bytes: Vec<u8>,
    whole: bool,
}

/// Why nothing came.
enum Why {
    Address(AddressError),
    Setback(Setback),
    Status(u16),
    Astray,
}

impl Why {
    fn of(self, host: String) -> LinkPreviewError {
        match self {
            Self::Address(AddressError::Private | AddressError::Nowhere) | Self::Setback(Setback::Address) => {
                LinkPreviewError::Private { host }
            }
            Self::Setback(Setback::TimedOut) => LinkPreviewError::TooSlow { host },
            Self::Setback(Setback::Unreachable) => LinkPreviewError::Unreachable { host },
            Self::Setback(Setback::Certificate) => LinkPreviewError::Certificate { host },
            Self::Status(status) => LinkPreviewError::Refused { host, status },
            Self::Address(_) | Self::Setback(Setback::Garbage | Setback::Status | Setback::Redirect) | Self::Astray => {
                LinkPreviewError::NotAPage { host }
            }
        }
    }
}

async fn follow(web: &dyn Web, url: String, most: usize, reach: Reach) -> Result<(String, Body), Why> {
    let all = tokio::time::timeout(WITHIN, hops(web, url, most, reach)).await;
    all.unwrap_or(Err(Why::Setback(Setback::TimedOut)))
}

async fn hops(web: &dyn Web, mut url: String, most: usize, reach: Reach) -> Result<(String, Body), Why> {
    for _ in 0..=MOST_HOPS {
        url = address::page(&url, reach).map_err(Why::Address)?;
        let get = Get { url: url.clone(), reach, most, within: WITHIN };
        match web.get(get).await.map_err(Why::Setback)? {
            Got::Body { kind, bytes, whole } => return Ok((url, Body { kind, bytes, whole })),
            Got::Status(status) => return Err(Why::Status(status)),
            Got::Elsewhere(to) => url = address::onward(&url, &to).ok_or(Why::Astray)?,
        }
    }
    Err(Why::Astray)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::super::{Getting, link};
    use super::*;

    /// What stands at each address, and what was asked for.
    #[derive(Default)]
    struct Pages(BTreeMap<&'static str, Got>, Mutex<Vec<String>>);

    impl Web for Pages {
        fn get(&self, get: Get) -> Getting<'_> {
            self.1.lock().unwrap().push(get.url.clone());
            let got = self.0.get(get.url.as_str()).cloned();
            Box::pin(std::future::ready(got.ok_or(Setback::Unreachable)))
        }
    }

    fn page(html: &str) -> Got {
        Got::Body { kind: "text/html".to_owned(), bytes: html.as_bytes().to_vec(), whole: true }
    }

    async fn fetched(pages: &Pages, text: &str) -> Result<Fetched, &'static str> {
        use crate::error::Coded;
        fetch(pages, &link::first(text).unwrap(), Reach::Far).await.map_err(|error| error.code())
    }

    #[tokio::test]
    async fn a_page_is_followed_to_where_it_moved_and_its_picture_is_fetched_from_there() {
        let elsewhere = |to: &str| Got::Elsewhere(to.to_owned());
        let picture = Got::Body { kind: "image/png".to_owned(), bytes: vec![1, 2], whole: true };
        let pages = Pages(
            BTreeMap::from([
                ("https://www.lale.example/", elsewhere("//lale.example/tr")),
                ("https://lale.example/tr", elsewhere("/tr/")),
                ("https://lale.example/tr/", page("<title>Lale</title><meta property=og:image content=a.png>")),
                ("https://lale.example/tr/a.png", picture),
            ]),
            Mutex::default(),
        );
        let found = fetched(&pages, "www.lale.example").await.unwrap();
        let whole = Fetched { title: "Lale".to_owned(), description: String::new(), picture: Some(vec![1, 2]) };
        assert_eq!((found, pages.1.lock().unwrap().len()), (whole, 4));
    }

    #[tokio::test]
    async fn nothing_is_asked_of_a_private_address_however_it_is_led_to() {
        for (from, to) in [
            ("https://lale.example/", "http://192.168.1.1/admin"),
            ("https://lale.example/", "http://169.254.169.254/latest"),
            ("https://lale.example/", "//localhost/"),
            ("https://lale.example/", "http://[::1]/"),
            ("https://lale.example/", "http://2130706433/"),
        ] {
            let pages = Pages(BTreeMap::from([(from, Got::Elsewhere(to.to_owned()))]), Mutex::default());
            assert_eq!(fetched(&pages, from).await.err(), Some("link_preview.private"), "{to}");
            assert_eq!(*pages.1.lock().unwrap(), [from], "{to}");
            let none = Pages::default();
            let link = address::onward(from, to).unwrap();
            assert_eq!(fetched(&none, &link).await.err(), Some("link_preview.private"), "{to}");
            assert!(none.1.lock().unwrap().is_empty(), "{to}");
        }
        let pages = Pages(
            BTreeMap::from([(
                "https://lale.example/",
                page("<title>Lale</title><meta property=og:image content=http://10.0.0.1/a.png>"),
            )]),
            Mutex::default(),
        );
        assert_eq!(fetched(&pages, "https://lale.example/").await.unwrap().picture, None);
        assert_eq!(pages.1.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_is_no_page_with_a_title_is_told_apart() {
        let of = |got: Got| Pages(BTreeMap::from([("https://lale.example/", got)]), Mutex::default());
        let body =
            |kind: &str, html: &str, whole| Got::Body { kind: kind.to_owned(), bytes: html.as_bytes().to_vec(), whole };
        for (got, code) in [
            (Got::Status(404), "link_preview.refused"),
            (body("application/pdf", "%PDF", true), "link_preview.not_a_page"),
            (page("<p>Merhaba</p>"), "link_preview.no_title"),
            (body("text/html", "<p>Merhaba</p>", false), "link_preview.too_large"),
            (Got::Elsewhere("ftp://lale.example/".to_owned()), "link_preview.not_a_page"),
            (Got::Elsewhere("https://lale.example/".to_owned()), "link_preview.not_a_page"),
        ] {
            assert_eq!(fetched(&of(got), "https://lale.example/").await.err(), Some(code));
        }
        assert_eq!(fetched(&Pages::default(), "https://lale.example/").await.err(), Some("link_preview.unreachable"));
    }
}
