//! What the owner cancels while it is on its way: the whole core over the wire, from the button to the phone.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use ulak_core::app::{App, LinkView, NumberKind, NumberView, Opening, Problem};
use ulak_core::campaign::audience::Audience;
use ulak_core::campaign::draft::DraftEdit;
use ulak_core::clock::SystemClock;
use ulak_core::contact::{Consent, ContactEdit};
use ulak_core::ids::{CampaignId, SessionId};
use ulak_core::ledger::Book;
use ulak_core::outbox::store::reading::Counts;
use ulak_core::session::client::LinkHow;
use ulak_core::testing;
use ulak_emulator::{Emulator, Fault, Rule};
use ulak_whatsapp::WhatsApp;

use crate::harness::{AYSE, DEADLINE, OWNER, emulator};

async fn app(folder: &Path, emulator: &Emulator) -> Result<Arc<App>, Problem> {
    let network = Some(Arc::new(WhatsApp::at(&emulator.chat_url(), None)) as Arc<_>);
    let opening = Opening { folder: folder.to_owned(), network, ..Opening::default() };
    App::running(&opening, &testing::key(), Arc::new(SystemClock)).await
}

/// Ends when `look` finds what it waits for: again after everything that changes.
async fn until<T>(app: &App, look: impl AsyncFn() -> Option<T>) -> T {
    let mut events = app.events().subscribe();
    let found = async {
        loop {
            match look().await {
                Some(found) => return found,
                None => drop(events.recv().await),
            }
        }
    };
    tokio::time::timeout(DEADLINE, found).await.expect("what a test waits for never came")
}

async fn link(app: &App, emulator: &Emulator) -> Result<SessionId, Problem> {
    let linking = app.numbers().start_link(LinkHow::Qr, None).await?;
    let code = until(app, async || match app.numbers().link_view(linking) {
        Ok(LinkView { qr: Some(code), .. }) => Some(code),
        _ => None,
    });
    emulator.scan(&code.await, OWNER).await.expect("the phone scans");
    let connected = |number: &NumberView| number.kind == NumberKind::Whatsapp && number.state == "connected";
    Ok(until(app, async || app.numbers().list().await.ok()?.into_iter().find(connected)).await.id)
}

async fn counts(app: &App, id: CampaignId) -> Counts {
    app.campaigns().live(id).await.expect("a campaign").counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_is_cancelled_while_its_photo_is_uploaded_reaches_nobody() -> Result<(), Problem> {
    let (folder, emulator) = (TempDir::new().expect("a folder"), emulator().await);
    let app = app(folder.path(), &emulator).await?;
    let number = link(&app, &emulator).await?;
    let consent = Consent { source: "shop".to_owned(), at: 0, note: String::new() };
    let person = ContactEdit {
        name: "Ayşe".to_owned(),
        phone: AYSE.to_owned(),
        consent: Some(consent),
        ..ContactEdit::default()
    };
    let person = app.people().save_contact(&person).await?;
    let draft = app.campaigns().create_draft().await?;
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/media/sample.jpg");
    app.campaigns().add_media(draft.id, &photo).await?;
    let edit = DraftEdit {
        id: draft.id,
        name: "Yeni ürün".to_owned(),
        text: "Yeni ürün".to_owned(),
        choice: None,
        // What goes to one person keeps no sending hours, and so the test runs at any hour.
        audience: Audience { only: Some(person.id), ..draft.audience },
        split_long_caption: draft.split_long_caption,
        due_at: None,
        priority: draft.priority,
        session_ids: vec![number],
        keep_hours: false,
        hours: None,
        local_hours: false,
        category: draft.category,
        consent_basis: draft.consent_basis,
    };
    app.campaigns().save_draft(&edit).await?;
    emulator.fault(Rule::always(Fault::UploadSlow { ms: 3_000 }));
    app.campaigns().schedule_campaign(draft.id, false).await?;
    until(&app, async || (counts(&app, draft.id).await.sending == 1).then_some(())).await;
    app.campaigns().cancel_campaign(draft.id).await?;
    until(&app, async || (counts(&app, draft.id).await.cancelled == 1).then_some(())).await;
    assert_eq!(emulator.read(|record| (record.uploads, record.messages)), (1, 0), "it was up, and went no further");
    let balance = app.credits().balance(Book::Real).await?;
    assert_eq!((balance.held, balance.settled), (0, 0));
    app.credits().ledger_holds().await?;
    app.close().await;
    Ok(())
}
