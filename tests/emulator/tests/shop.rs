//! A whole Ulak over the emulator's wire: its loops, its linked numbers, people and campaigns.

use std::path::Path;
use std::sync::Arc;

use ulak_core::app::{App, Opening};
use ulak_core::campaign::draft::DraftEdit;
use ulak_core::clock::SharedClock;
use ulak_core::contact::import::{ImportOptions, ImportState, ImportStep, Origin};
use ulak_core::ids::{CampaignId, SessionId};
use ulak_core::ledger::Book;
use ulak_core::session::Pace;
use ulak_core::session::client::LinkHow;
use ulak_whatsapp::WhatsApp;
use zeroize::Zeroizing;

/// As quick as the floor allows.
pub const QUICK: Pace = Pace { min_ms: 1_000, max_ms: 1_000, batch: 0, rest_ms: 0, hourly_cap: 0, daily_cap: 0 };

pub fn person(number: usize) -> String {
    format!("90555{:07}", 1_000_000 + number)
}

/// Opens a data folder whose shop never closes.
pub async fn open(folder: &Path, url: &str, clock: SharedClock) -> Arc<App> {
    let network = Some(Arc::new(WhatsApp::at(url, None)) as _);
    let opening = Opening { folder: folder.to_owned(), network, ..Opening::default() };
    let app = App::running(&opening, &Zeroizing::new([7; 32]), clock).await.unwrap();
    always_open(&app).await;
    app
}

/// Sends all day and all night, and has credits.
pub async fn always_open(app: &App) {
    let mut settings = app.settings().current().await.unwrap();
    (settings.hours_from, settings.hours_to) = (0, 1440);
    app.settings().save_settings(&settings).await.unwrap();
    app.credits().top_up(Book::Real, 1_000_000, "", "").await.unwrap();
}

/// Links a phone as soon as its code is shown, and returns when it is connected.
pub async fn link<F: Future<Output = ()>>(app: &App, scan: impl FnOnce(String) -> F) -> SessionId {
    let mut scan = Some(scan);
    let mut events = app.events().subscribe();
    let linking = app.numbers().start_link(LinkHow::Qr, None).await.unwrap();
    loop {
        let view = app.numbers().link_view(linking).unwrap();
        assert!(view.end.is_none(), "{view:?}");
        if let Some(code) = view.qr
            && let Some(scan) = scan.take()
        {
            scan(code).await;
        }
        let numbers = app.numbers().list().await.unwrap();
        if numbers.iter().any(|number| number.id == view.session_id && number.state == "connected") {
            app.numbers().save_pace(view.session_id, &QUICK).await.unwrap();
            // One that was just linked would send twenty an hour.
            app.numbers().end_warm_up(view.session_id).await.unwrap();
            return view.session_id;
        }
        // One that was missed has said nothing else.
        let _ = events.recv().await;
    }
}

/// Brings in so many customers.
pub async fn bring_in(app: &Arc<App>, folder: &Path, people: usize) {
    let file = folder.join("people.csv");
    let rows: String = (0..people).map(|number| format!("Kişi {number},+{}\n", person(number))).collect();
    std::fs::write(&file, format!("name,phone\n{rows}")).unwrap();
    let mut changes = app.events().subscribe();
    let id = app
        .people()
        .start_import(Origin::File { path: file }, ImportOptions::default(), ImportStep::Import)
        .await
        .unwrap();
    while app.people().import_progress(id).is_none_or(|at| at.state == ImportState::Running) {
        let _ = changes.recv().await;
    }
    assert_eq!(app.people().contact_totals().await.unwrap().all as usize, people);
}

/// A text to everybody over these numbers, not yet scheduled.
pub async fn draft(app: &App, numbers: &[SessionId], due_at: Option<i64>) -> CampaignId {
    let draft = app.campaigns().create_draft().await.unwrap();
    let edit = DraftEdit {
        id: draft.id,
        name: "Over the wire".to_owned(),
        text: "Merhaba {{name}}, this week a coffee is on us.".to_owned(),
        audience: draft.audience,
        choice: None,
        split_long_caption: true,
        due_at,
        priority: 5,
        session_ids: numbers.to_vec(),
        keep_hours: true,
        hours: None,
        local_hours: false,
        category: draft.category,
        consent_basis: "customers".to_owned(),
    };
    app.campaigns().save_draft(&edit).await.unwrap();
    draft.id
}
