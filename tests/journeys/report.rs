//! The report of a campaign: what it says is what happened, and other programs open what is written.

use std::path::Path;
use std::process::Command;

use calamine::{Data, Reader, open_workbook_auto};
use ulak_core::app::Problem;
use ulak_core::app::figures::{DayFigures, FiguresQuery};
use ulak_core::campaign::audience::{FollowOf, Followed};
use ulak_core::clock::MINUTE;
use ulak_core::contact::{ContactQuery, Standing};
use ulak_core::ids::CampaignId;
use ulak_core::ledger::Book;
use ulak_core::page::Place;
use ulak_core::session::client::{Reply, Signal};
use ulak_core::session::messenger::ReceiptKind;
use ulak_core::settings::Language;
use ulak_core::template::{Choice, ChoiceStyle};
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};

use crate::at;

fn phone(number: usize) -> String {
    format!("+90538555010{number}")
}

/// Eight people: one on the black list, one without WhatsApp; five messages arrive, three are read, one soon and two late;
/// two answer, one of them to opt out.
async fn shop() -> Result<(World, CampaignId), Problem> {
    let mut world = World::with_numbers(at(0, 10, 0), &[BRISK]).await?;
    let mut settings = world.app.settings().current().await?;
    settings.zone = chrono_tz::Tz::UTC;
    world.app.settings().save_settings(&settings).await?;
    for (number, name) in ["Ayşe", "Gül", "İrfan", "Şule", "Ömer", "Çağ", "Ülkü", "Ğ"].into_iter().enumerate()
    {
        world.contact(name, &phone(number)).await?;
    }
    let of = |phone: String| ContactQuery { search: phone, place: Place::first(1), ..ContactQuery::default() };
    let listed = world.app.people().contacts(&of(phone(0))).await?.rows[0].id;
    world.app.people().set_standing(listed, Standing::Black).await?;
    world.numbers[0].phone.set_absent(&phone(1));
    world.app.credits().top_up(Book::Real, 1_000, "₺500,00", "").await?;
    let choice = Choice {
        style: ChoiceStyle::Numbered,
        question: String::new(),
        options: vec!["Öderim".to_owned(), "Sorum var".to_owned()],
    };
    let draft = world.draft("Sayın {{name}}", |edit| {
        edit.name = "Fatura hatırlatması".to_owned();
        edit.choice = Some(choice);
    });
    let id = draft.await?.id;
    world.app.campaigns().schedule_campaign(id, false).await?;
    world.run_until(at(0, 11, 0)).await?;
    let sent: Vec<_> = world.numbers[0].phone.sent().into_iter().filter(|sent| sent.to != phone(1)).collect();
    assert_eq!(sent.len(), 6);
    let wires: Vec<String> = sent.iter().map(|sent| sent.wire_id.clone()).collect();
    world.receipts(ReceiptKind::Delivered, &wires[..5]).await?;
    world.receipts(ReceiptKind::Read, &wires[..1]).await?;
    world.clock.set(at(0, 20, 30));
    world.receipts(ReceiptKind::Read, &wires[1..3]).await?;
    for (number, text) in [(0, "1"), (1, "STOP")] {
        let answer = reply(&format!("R{number}"), &sent[number].to, text, at(0, 20, 31));
        let answer = Reply { quotes: Some(wires[number].clone()), ..answer };
        world.hear(world.numbers[0].id, &Signal::Reply(answer)).await?;
    }
    Ok((world, id))
}

#[tokio::test]
async fn a_report_says_how_far_a_campaign_came_how_soon_and_what_it_cost() -> Result<(), Problem> {
    let (world, id) = shop().await?;
    let report = world.app.campaigns().report(id).await?;
    let counts = report.view.counts;
    assert_eq!((counts.sent, counts.delivered, counts.read, counts.failed, counts.skipped), (1, 2, 3, 1, 1));
    assert_eq!(report.offered, ["Öderim", "Sorum var"]);
    assert_eq!((report.view.answers.replied, report.view.answers.opted_out, report.own_words), (2, 1, 0));
    let of =
        |speed: &ulak_core::campaign::report::Speed| speed.steps.iter().map(|step| step.people).collect::<Vec<_>>();
    assert_eq!(of(&report.reading).iter().sum::<i64>(), 3);
    assert_eq!(of(&report.delivery).iter().sum::<i64>(), 5);
    assert_eq!(of(&report.reading)[3], 2, "two read it hours later, on the same day");
    let read: Vec<(u32, i64)> =
        report.hours.iter().filter(|hour| hour.read > 0).map(|hour| (hour.hour, hour.read)).collect();
    let zone = world.app.settings().current().await?.zone;
    let hour = |at| chrono::Timelike::hour(&ulak_core::clock::local(at, zone));
    assert_eq!(read, [(hour(at(0, 11, 0)), 1), (hour(at(0, 20, 30)), 2)]);
    assert_eq!(report.best.unwrap().read, 2);
    let cost = report.cost.unwrap();
    assert_eq!(
        (cost.currency.as_str(), cost.per_credit, cost.whole, cost.per_delivered),
        ("₺", 5_000, 30_000, Some(6_000))
    );
    // A dearer top-up changes nothing of what was before it.
    world.app.credits().top_up(Book::Real, 10, "₺90,00", "").await?;
    assert_eq!(world.app.campaigns().report(id).await?.cost.unwrap(), cost);
    let on_average = world.app.credits().view(Book::Real).await?.cost.unwrap();
    assert_eq!((on_average.per_credit, on_average.per_sent), (90_000, Some(5_000)));
    assert_eq!(world.miscounted().await?, Vec::<&str>::new());
    Ok(())
}

#[tokio::test]
async fn reports_stand_side_by_side_in_the_order_they_are_asked_for() -> Result<(), Problem> {
    let (mut world, first) = shop().await?;
    world.clock.set(at(5, 10, 0));
    let second = world.schedule("Bir daha {{name}}").await?;
    world.run_until(at(5, 11, 0)).await?;
    let gone = world.draft("Taslak", |_| {}).await?.id;
    world.app.campaigns().delete_draft(gone).await?;
    let reports = world.app.campaigns().reports(&[second, gone, first]).await?;
    assert_eq!(reports.iter().map(|report| report.view.id).collect::<Vec<_>>(), [second, first]);
    assert!(reports[0].view.started_at.unwrap() > reports[1].view.started_at.unwrap() + MINUTE);
    Ok(())
}

#[tokio::test]
async fn whoever_read_a_campaign_is_written_to_again_whatever_they_answered() -> Result<(), Problem> {
    let (world, id) = shop().await?;
    for (who, people) in [(Followed::Read, 3), (Followed::ReadSilent, 1)] {
        let draft = world.app.campaigns().follow_up(FollowOf { campaign: id, who: who.clone() }, None).await?;
        assert_eq!(world.app.campaigns().check_draft(draft.id).await?.people, people, "{who:?}");
    }
    Ok(())
}

/// What a program of this computer says, or nothing where it is not there: then the test says so, and the long test fails.
fn said(program: &str, arguments: &[&str], path: &Path) -> Option<String> {
    let Ok(answer) = Command::new(program).args(arguments).arg(path).output() else {
        assert!(std::env::var_os("ULAK_LONG").is_none(), "{program} is not installed; the long test needs it");
        eprintln!("NOT TESTED: {program} is not installed, so nothing but Ulak has opened {}", path.display());
        return None;
    };
    assert!(answer.status.success(), "{program}: {}", String::from_utf8_lossy(&answer.stderr));
    Some(String::from_utf8_lossy(&answer.stdout).into_owned())
}

#[tokio::test]
async fn a_report_is_a_pdf_in_the_language_of_its_owner() -> Result<(), Problem> {
    let (world, id) = shop().await?;
    let folder = tempfile::tempdir().unwrap();
    for (language, words) in [
        (Language::Tr, ["Fatura hatırlatması", "Okunma süresi", "Listeden çıktı", "Öderim", "₺ 3,00"]),
        (Language::En, ["Fatura hatırlatması", "Time to read", "Opted out", "Öderim", "₺ 3.00"]),
        (Language::Id, ["Fatura hatırlatması", "Waktu sampai dibaca", "Berhenti", "Öderim", "₺ 3,00"]),
    ] {
        let path = folder.path().join(format!("{}.pdf", language.as_str()));
        world.app.campaigns().export_report(id, &path, Some(language)).await?;
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.starts_with(b"%PDF-") && bytes.len() < 400_000, "{}", bytes.len());
        let Some(text) = said("pdftotext", &["-layout", "-enc", "UTF-8"], &path)
            .map(|_| std::fs::read_to_string(path.with_extension("txt")).unwrap())
        else {
            continue;
        };
        for word in words {
            assert!(text.contains(word), "{word} is missing: {text}");
        }
        assert!(!text.contains("report_") && !text.contains('{'), "a sentence is missing: {text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_report_is_a_workbook_with_everybody_and_every_answer() -> Result<(), Problem> {
    let (world, id) = shop().await?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.xlsx");
    world.app.campaigns().export_report(id, &path, Some(Language::Tr)).await?;
    let mut book = open_workbook_auto(&path).unwrap();
    assert_eq!(book.sheet_names(), ["Özet", "Kişiler", "Yanıtlar"]);
    let cells = |range: calamine::Range<Data>| -> Vec<Vec<String>> {
        range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
    };
    let people = cells(book.worksheet_range("Kişiler").unwrap());
    assert_eq!(people.len(), 1 + 8, "{people:?}");
    let gul = people.iter().find(|row| row[1] == "Gül").unwrap();
    assert_eq!((gul[2].as_str(), gul[3].as_str(), gul[7].as_str()), ("Başarısız", "WhatsApp’ta değil", "0"));
    let answers = cells(book.worksheet_range("Yanıtlar").unwrap());
    let mut chosen: Vec<&str> = answers.iter().skip(1).map(|row| row[3].as_str()).collect();
    chosen.sort_unstable();
    assert_eq!(chosen, ["Listeden çıktı", "Öderim"]);
    let csv = folder.path().join("people.csv");
    world.app.campaigns().export_report(id, &csv, None).await?;
    assert_eq!(std::fs::read_to_string(csv).unwrap().lines().count(), 1 + 8);
    let out = folder.path().display().to_string();
    if said("soffice", &["--headless", "--convert-to", "pdf", "--outdir", &out], &path).is_some() {
        assert!(folder.path().join("report.pdf").exists(), "LibreOffice opens the workbook");
    }
    Ok(())
}

#[tokio::test]
async fn the_figures_of_each_day_are_what_happened_on_it() -> Result<(), Problem> {
    let (mut world, id) = shop().await?;
    world.clock.set(at(2, 10, 0));
    let draft = world.draft("Bir hatırlatma", |edit| {
        edit.name = "İkinci".to_owned();
        edit.category = ulak_core::category::Category::Notification;
    });
    let second = draft.await?.id;
    world.app.campaigns().schedule_campaign(second, false).await?;
    world.run_until(at(2, 11, 0)).await?;
    let query =
        FiguresQuery { book: Book::Real, from: at(0, 0, 0), until: at(3, 0, 0), session_id: None, campaign_id: None };
    let view = world.app.outbox().figures(&query).await?;
    assert_eq!(view.days.len(), 3, "{:?}", view.days);
    let told =
        |day: &DayFigures| [day.sent, day.delivered, day.read, day.replies, day.opt_outs, day.failed, day.numbers];
    assert_eq!(told(&view.days[0]), [6, 5, 3, 2, 1, 1, 1]);
    assert_eq!(told(&view.days[1]), [0; 7]);
    // Whoever opted out, and whoever is on the black list, gets nothing any more.
    assert_eq!(told(&view.days[2]), [5, 0, 0, 0, 0, 1, 1]);
    assert_eq!(told(&view.whole), [11, 5, 3, 2, 1, 2, 1]);
    assert_eq!(view.hours.iter().map(|hour| hour.replies).sum::<i64>(), 2);
    let of = async |query: FiguresQuery| Ok::<_, Problem>(told(&world.app.outbox().figures(&query).await?.whole));
    assert_eq!(of(FiguresQuery { campaign_id: Some(id), ..query.clone() }).await?, [6, 5, 3, 2, 1, 1, 1]);
    assert_eq!(of(FiguresQuery { session_id: Some(world.numbers[0].id), ..query.clone() }).await?, told(&view.whole));
    assert_eq!(of(FiguresQuery { book: Book::Practice, ..query.clone() }).await?, [0; 7]);
    assert_eq!(of(FiguresQuery { from: at(1, 0, 0), until: at(2, 0, 0), ..query }).await?, [0; 7]);
    Ok(())
}

#[tokio::test]
async fn a_statement_says_what_a_month_was_to_the_credits() -> Result<(), Problem> {
    let (world, _) = shop().await?;
    let before = world.app.credits().balance(Book::Real).await?;
    world.app.credits().adjust(Book::Real, -40, "iki kez yazılmış").await?;
    let folder = tempfile::tempdir().unwrap();
    let month = ulak_core::clock::local(world.app.now(), chrono_tz::Tz::UTC).format("%Y-%m").to_string();
    let path = folder.path().join("statement.xlsx");
    world.app.credits().export_statement(Book::Real, &month, &path, Some(Language::En)).await?;
    let mut book = open_workbook_auto(&path).unwrap();
    let sheet = book.sheet_names()[0].clone();
    let rows: Vec<Vec<String>> = book
        .worksheet_range(&sheet)
        .unwrap()
        .rows()
        .map(|row| row.iter().map(ToString::to_string).filter(|cell| !cell.is_empty()).collect())
        .collect();
    let has = |cells: &[&str]| rows.iter().any(|row| row == cells);
    assert!(has(&["At the beginning", "0"]) && has(&["Spent", "6"]) && has(&["Corrected", "-40"]), "{rows:#?}");
    let closing = (before.balance - 40).to_string();
    assert!(has(&["At the end", &closing]), "{closing} {rows:#?}");
    assert!(has(&["Fatura hatırlatması", "6"]), "{rows:#?}");
    let cells = book.worksheet_range(&sheet).unwrap();
    // The first credits of all were not paid for.
    let is_paid = |row: &&[Data]| row.get(1).is_some_and(|cell| *cell == "Top-up") && row[3] != Data::Empty;
    let topped_up = cells.rows().find(is_paid).unwrap();
    assert!(matches!(topped_up[0], Data::DateTime(_)), "a day is a day: {topped_up:?}");
    assert_eq!(topped_up[3], Data::Float(500.0), "what was paid is a number");
    let spent = cells.rows().find(|row| row[0] == "Spent").unwrap();
    assert_eq!(spent[1], Data::Float(6.0), "a figure is a number");
    let pdf = folder.path().join("statement.pdf");
    world.app.credits().export_statement(Book::Real, &month, &pdf, Some(Language::Tr)).await?;
    assert!(std::fs::read(&pdf).unwrap().starts_with(b"%PDF-"));
    if said("pdftotext", &["-layout", "-enc", "UTF-8"], &pdf).is_some() {
        let text = std::fs::read_to_string(pdf.with_extension("txt")).unwrap();
        for word in ["dökümü", "Ay başında", "Düzeltilen", "Fatura hatırlatması", "₺500,00", "iki kez yazılmış"]
        {
            assert!(text.contains(word), "{word} is missing: {text}");
        }
        assert!(!text.contains("credits_") && !text.contains('{'), "a sentence is missing: {text}");
    }
    let wrong = world.app.credits().export_statement(Book::Real, "2026-13", &pdf, None).await.unwrap_err();
    assert_eq!(wrong.code, "credits.no_month");
    let cost = world.app.credits().view(Book::Real).await?.cost.unwrap();
    assert_eq!((cost.per_sent, cost.per_delivered), (Some(5_000), Some(6_000)));
    Ok(())
}
