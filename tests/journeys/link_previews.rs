//! Previews of links: looked at when the owner asks, and sent with the text that has the link.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use ulak_core::app::programs::{Matter, Recipient};
use ulak_core::app::{Problem, RevisionChoice};
use ulak_core::campaign::draft::{Draft, DraftEdit};
use ulak_core::category::Category;
use ulak_core::clock::{Clock as _, HOUR};
use ulak_core::contact::ContactEdit;
use ulak_core::ids::CampaignId;
use ulak_core::link_preview::{Get, Got, Web as _};
use ulak_core::outbox::store::recipients::RecipientQuery;
use ulak_core::page::Place;
use ulak_core::settings::Language;
use ulak_core::template::{Choice, ChoiceStyle};
use ulak_core::testing::{Sent, World};
use ulak_core::webhook::Setback;
use ulak_core::webhook::address::Reach;
use ulak_outward::HttpWeb;

use crate::at;
use crate::programs::{ALL, program};

fn photo(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media").join(name)
}

type Pages = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A site on this computer, and what it was asked.
struct Site {
    address: SocketAddr,
    pages: Pages,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    async fn up() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (pages, asked) = (Pages::default(), Arc::<Mutex<Vec<String>>>::default());
        let (shown, heard) = (pages.clone(), asked.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                answer(stream, &shown, &heard).await;
            }
        });
        Self { address, pages, asked }
    }

    fn link(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn has(&self, path: &str, head: &str, body: &[u8]) {
        let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        self.pages.lock().unwrap().insert(path.to_owned(), [head.as_bytes(), body].concat());
    }

    fn has_page(&self, path: &str, html: &str) {
        self.has(path, "200 OK\r\ncontent-type: text/html; charset=utf-8", html.as_bytes());
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// A shop with a picture, behind a redirect.
    async fn of_a_shop() -> Self {
        let site = Self::up().await;
        site.has("/yeni", "302 Found\r\nlocation: /yeni/", b"");
        site.has_page(
            "/yeni/",
            "<title>Lale</title><meta property='og:title' content='Yeni çerçeveler'>
             <meta property='og:description' content='Bahar  koleksiyonu'><meta property='og:image' content='kapak.jpg'>",
        );
        let picture = std::fs::read(photo("sample.jpg")).unwrap();
        site.has("/yeni/kapak.jpg", "200 OK\r\ncontent-type: image/jpeg", &picture);
        site
    }
}

async fn answer(mut stream: TcpStream, pages: &Pages, asked: &Mutex<Vec<String>>) {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut some = [0; 4096];
        match stream.read(&mut some).await.unwrap_or(0) {
            0 => return,
            read => bytes.extend_from_slice(&some[..read]),
        }
    }
    let head = String::from_utf8(bytes).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    asked.lock().unwrap().push(head);
    let page = pages.lock().unwrap().get(&path).cloned();
    let nothing = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec();
    let _ = stream.write_all(&page.unwrap_or(nothing)).await;
    let _ = stream.shutdown().await;
}

async fn fetch(world: &World, draft: CampaignId) -> Result<Draft, Problem> {
    world.app.campaigns().fetch_link_preview_over(draft, &HttpWeb, Reach::Here).await
}

async fn previewed(world: &World, site: &Site) -> Result<Draft, Problem> {
    let draft = world.draft(&format!("Merhaba {{{{name}}}}, bak: {}.", site.link("/yeni")), |_| {}).await?;
    fetch(world, draft.id).await
}

async fn with_text(world: &World, draft: &Draft, text: &str) -> Result<Draft, Problem> {
    world.app.campaigns().save_draft(&DraftEdit { text: text.to_owned(), ..draft.clone().edit() }).await
}

async fn kept(world: &World) -> i64 {
    let mut reader = world.app.db().read().acquire().await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM link_previews").fetch_one(&mut *reader).await.unwrap()
}

fn code<T: std::fmt::Debug>(answer: Result<T, Problem>) -> String {
    answer.unwrap_err().code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_looked_at_once_and_everybody_gets_it_with_their_text() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(3).await?;
    let site = Site::of_a_shop().await;
    let draft = world.draft(&format!("Merhaba {{{{name}}}}, bak: {}.", site.link("/yeni")), |_| {}).await?;
    let check = world.app.campaigns().check_draft(draft.id).await?;
    assert_eq!(check.link.map(|link| (link.text, link.varies)), Some((site.link("/yeni"), false)));
    assert!(site.asked().is_empty(), "nothing is asked before the owner does");

    let draft = fetch(&world, draft.id).await?;
    let card = draft.link_preview.clone().unwrap();
    assert_eq!((card.link, card.host), (site.link("/yeni"), "127.0.0.1".to_owned()));
    assert_eq!((card.title.as_str(), card.description.as_str()), ("Yeni çerçeveler", "Bahar koleksiyonu"));
    assert!(card.thumbnail.is_some_and(|picture| picture.starts_with("data:image/jpeg;base64,")));
    let asked = site.asked();
    assert_eq!(asked.len(), 3, "{asked:#?}");
    for head in &asked {
        let names: Vec<String> =
            head.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0.to_lowercase())).collect();
        assert!(
            names.iter().all(|name| ["host", "user-agent", "accept", "accept-encoding"].contains(&name.as_str())),
            "{head}"
        );
        assert!(head.contains(&format!("Ulak/{}", env!("CARGO_PKG_VERSION"))), "{head}");
    }

    world = world.restart().await?;
    let shown = world.app.campaigns().preview_message(draft.id, 0).await?;
    assert_eq!(shown.parts[0].link_preview.as_ref().map(|card| card.title.as_str()), Some("Yeni çerçeveler"));
    let campaign = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!(sent.len(), 3);
    for part in sent {
        let preview = part.link_preview.unwrap();
        assert!(part.text.is_some_and(|text| text.contains(&preview.link)));
        assert_eq!((preview.title.as_str(), preview.description.as_str()), ("Yeni çerçeveler", "Bahar koleksiyonu"));
        assert!(preview.thumbnail.starts_with(&[0xff, 0xd8]) && preview.thumbnail.len() < 60_000);
    }
    assert_eq!(site.asked().len(), 3, "it is not looked at again");

    // A copy shows it too, and none is left when nothing refers to it any more.
    let copy = world.app.campaigns().duplicate_campaign(campaign).await?;
    assert_eq!(copy.link_preview.map(|card| card.title), Some("Yeni çerçeveler".to_owned()));
    world.app.campaigns().delete_draft(copy.id).await?;
    assert_eq!(kept(&world).await, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_goes_only_with_the_text_that_has_its_link() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(1).await?;
    let site = Site::of_a_shop().await;
    let sent = async |world: &mut World, draft: &Draft| -> Result<Vec<bool>, Problem> {
        let before = world.phone.sent().len();
        let copy = world.app.campaigns().duplicate_campaign(draft.id).await?;
        world.app.campaigns().schedule_campaign(copy.id, false).await?;
        world.run_until(world.clock.now() + HOUR).await?;
        Ok(world.phone.sent()[before..].iter().map(|part| part.link_preview.is_some()).collect())
    };
    let draft = previewed(&world, &site).await?;
    let text = draft.text.clone();
    assert_eq!(sent(&mut world, &draft).await?, [true]);
    // Another link, a link that goes before it, and no link at all.
    for other in [format!("{}?a", site.link("/yeni")), format!("https://lale.example {text}"), "Merhaba".to_owned()] {
        let changed = with_text(&world, &draft, &other).await?;
        assert!(changed.link_preview.is_some(), "it comes back with its link");
        assert_eq!(sent(&mut world, &changed).await?, [false], "{other}");
    }
    let draft = with_text(&world, &draft, &text).await?;
    assert_eq!(sent(&mut world, &draft).await?, [true]);
    // A caption has none, and neither has a poll.
    world.app.campaigns().add_media(draft.id, &photo("sample.jpg")).await?;
    assert_eq!(sent(&mut world, &draft).await?, [false]);
    let question = Choice {
        style: ChoiceStyle::Poll,
        question: "Gelir misiniz?".into(),
        options: vec!["Evet".into(), "Hayır".into()],
    };
    let edit = DraftEdit { choice: Some(question), split_long_caption: true, ..draft.clone().edit() };
    let long = DraftEdit { text: format!("{text} {}", "a".repeat(1_100)), ..edit };
    let draft = world.app.campaigns().save_draft(&long).await?;
    assert_eq!(sent(&mut world, &draft).await?, [false, true, false], "a photo, a text of its own, a poll");
    let draft = world.app.campaigns().remove_link_preview(draft.id).await?;
    assert_eq!(draft.link_preview, None);
    assert_eq!(sent(&mut world, &draft).await?, [false, false, false]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_keeps_it_and_gives_it_to_what_is_made_of_it() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(1).await?;
    let site = Site::of_a_shop().await;
    let draft = previewed(&world, &site).await?;
    let template = world.app.templates().save_as_template(draft.id, Language::Tr).await?;
    world.app.campaigns().delete_draft(draft.id).await?;
    assert_eq!(template.link_preview.as_ref().map(|card| card.title.as_str()), Some("Yeni çerçeveler"));
    let second = world.app.templates().duplicate_template(template.id).await?;
    let empty = world.draft("", |_| {}).await?;
    let used = world.app.templates().use_template(empty.id, second.id).await?;
    assert_eq!(used.link_preview, template.link_preview);
    let without = world.app.templates().remove_template_link_preview(template.id).await?;
    assert_eq!(without.link_preview, None);
    // What another program sends by it shows it too.
    let program = program(&world, ALL).await?;
    let number = Some(world.app.practice_id());
    let matter =
        Matter { template: Some(second.id), number, category: Some(Category::Notification), ..Matter::default() };
    let to = Recipient { to: "+905325550199".to_owned(), name: Some("Deniz".to_owned()), ..Recipient::default() };
    world.app.programs().send(program, None, &matter, &to).await?;
    world.run_until(at(0, 12, 30)).await?;
    assert!(world.phone.sent()[0].link_preview.is_some());
    world.app.templates().delete_template(second.id).await?;
    world.app.campaigns().schedule_campaign(used.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    assert!(world.phone.sent()[1].link_preview.is_some());
    assert_eq!(kept(&world).await, 1);
    let code = code(world.app.templates().fetch_template_link_preview(template.id).await);
    assert_eq!(code, "link_preview.offline");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_gets_the_preview_of_the_revision_and_of_their_own_text() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    for (name, phone) in [("Elif", "+905325550142"), ("Okan", "+905325550143")] {
        let edit = ContactEdit { name: name.into(), phone: phone.into(), ..ContactEdit::default() };
        world.app.people().save_contact(&edit).await?;
    }
    let site = Site::of_a_shop().await;
    site.has_page("/kapali", "<title>Kapandık</title>");
    let draft = previewed(&world, &site).await?;
    let edit = DraftEdit { due_at: Some(at(1, 12, 0)), ..draft.edit() };
    let draft = world.app.campaigns().save_draft(&edit).await?;
    let campaign = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    let revision = world.app.campaigns().open_revision(campaign, None).await?;
    assert!(revision.link_preview.is_some());
    with_text(&world, &revision, &format!("Bak: {}", site.link("/kapali"))).await?;
    let revision = fetch(&world, revision.id).await?;
    world.app.campaigns().revise(revision.id, RevisionChoice::default()).await?;
    assert_eq!(kept(&world).await, 2, "the first version has the one that was scheduled");
    let query = RecipientQuery { campaign_id: campaign, state: None, search: String::new(), place: Place::first(10) };
    let people = world.app.outbox().recipients(&query).await?.rows;
    world.app.campaigns().revise_text(people[0].message_id, &format!("Size: {}", site.link("/kapali"))).await?;
    world.app.campaigns().revise_text(people[1].message_id, "Size özel").await?;
    world.run_until(at(1, 13, 0)).await?;
    let title = |part: &Sent| part.link_preview.as_ref().map(|preview| preview.title.clone());
    let titles: Vec<_> = world.phone.sent().iter().map(title).collect();
    assert_eq!(titles.iter().flatten().collect::<Vec<_>>(), ["Kapandık"], "{titles:?}");
    assert_eq!(titles.len(), 2);

    for day in 2..40 {
        world.clock.set(at(day, 12, 0));
        world.app.retention().clear_by_itself().await?;
    }
    assert_eq!(kept(&world).await, 0, "it goes with the texts");
    assert!(world.app.campaigns().draft(campaign).await?.link_preview.is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_shown_is_refused_and_changes_nothing() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let site = Site::of_a_shop().await;
    site.has_page("/untitled", "<p>Merhaba</p>");
    site.has("/file", "200 OK\r\ncontent-type: application/pdf", b"%PDF-1.7");
    site.has("/gone", "410 Gone", b"");
    site.has("/round", "302 Found\r\nlocation: /round", b"");
    site.has("/inside", "302 Found\r\nlocation: http://10.0.0.8/", b"");
    let long = format!("<!--{}--><title>Geç</title>", "x".repeat(600_000));
    site.has_page("/long", &long);
    site.has_page("/early", &format!("<title>Erken</title>{long}"));
    let draft = previewed(&world, &site).await?;
    for (text, expected) in [
        ("Merhaba".to_owned(), "link_preview.no_link"),
        (site.link("/{{name}}"), "link_preview.varies"),
        (site.link("/untitled"), "link_preview.no_title"),
        (site.link("/file"), "link_preview.not_a_page"),
        (site.link("/gone"), "link_preview.refused"),
        (site.link("/round"), "link_preview.not_a_page"),
        (site.link("/inside"), "link_preview.private"),
        (site.link("/long"), "link_preview.too_large"),
    ] {
        with_text(&world, &draft, &text).await?;
        assert_eq!(code(fetch(&world, draft.id).await), expected, "{text}");
    }
    assert_eq!(world.app.campaigns().draft(draft.id).await?.link_preview, draft.link_preview);
    with_text(&world, &draft, &site.link("/early")).await?;
    assert_eq!(fetch(&world, draft.id).await?.link_preview.map(|card| card.title), Some("Erken".to_owned()));
    assert_eq!(kept(&world).await, 1, "the one before it is gone");

    // As the owner's button does it, this computer is not reached.
    let asked = site.asked().len();
    let far = world.app.campaigns().fetch_link_preview_over(draft.id, &HttpWeb, Reach::Far).await;
    assert_eq!(code(far), "link_preview.private");
    assert_eq!(site.asked().len(), asked);
    assert_eq!(code(world.app.campaigns().fetch_link_preview(draft.id).await), "link_preview.offline");
    Ok(())
}

/// What a name leads to is looked at where the connection is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_connection_is_made_to_a_private_address() {
    let site = Site::of_a_shop().await;
    for reach in [Reach::Far, Reach::Near] {
        let get = Get {
            url: format!("http://localhost:{}/yeni/", site.address.port()),
            reach,
            most: 10,
            within: std::time::Duration::from_secs(10),
        };
        assert_eq!(HttpWeb.get(get.clone()).await, Err(Setback::Address));
        let here = HttpWeb.get(Get { url: site.link("/yeni/"), reach: Reach::Here, ..get }).await;
        assert!(matches!(here, Ok(Got::Body { whole: false, bytes, .. }) if bytes.len() == 10));
    }
    assert_eq!(site.asked().len(), 2);
}
