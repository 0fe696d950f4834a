//! Templates and answers: kept, used, carried to another Ulak, asked as numbers or as a poll; and the test to oneself.

use std::path::{Path, PathBuf};

use ulak_core::app::{Problem, TemplatesBrought, TestSend};
use ulak_core::contact::ContactEdit;
use ulak_core::outbox::state::PartKind;
use ulak_core::outbox::state::PartState;
use ulak_core::outbox::store::recipients::RecipientQuery;
use ulak_core::page::Place;
use ulak_core::settings::Language;
use ulak_core::template::{Choice, ChoiceStyle};
use ulak_core::template::{TemplateEdit, TemplateKind, TemplateView};
use ulak_core::testing::World;

use crate::at;
use crate::lists::everything;

fn photo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media").join(name)
}

fn choice(style: ChoiceStyle, options: &[&str]) -> Choice {
    let options = options.iter().map(|option| (*option).to_owned()).collect();
    Choice { style, question: "Hangi gün?".to_owned(), options }
}

fn edited(one: TemplateView, text: &str, choice: Option<Choice>) -> TemplateEdit {
    let TemplateView { id, name, category, language, active, split_long_caption, samples, .. } = one;
    TemplateEdit { id, name, category, language, active, text: text.to_owned(), choice, split_long_caption, samples }
}

async fn with_city(world: &World, name: &str, phone: &str, city: &str) -> Result<(), Problem> {
    let id = world.contact(name, phone).await?;
    let known = world.app.people().contact(id).await?;
    let fields = [("city".to_owned(), city.to_owned())].into();
    let edit = ContactEdit {
        id: Some(id),
        phone: known.phone,
        name: known.name,
        email: known.email,
        fields,
        tags: known.tags,
        consent: known.consent,
        take_erased: false,
    };
    world.app.people().save_contact(&edit).await.map(drop)
}

#[tokio::test]
async fn numbered_answers_stand_in_the_text_and_cost_nothing_more() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905550000142").await?;
    let offered = choice(ChoiceStyle::Numbered, &["Pazartesi", "{{name}} gelmez"]);
    let draft = world.draft("Merhaba {{name}}", |edit| edit.choice = Some(offered)).await?;
    assert_eq!(world.app.campaigns().review_campaign(draft.id).await?.credits, 1);
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!(sent[0].text.as_deref(), Some("Merhaba Elif\n\nHangi gün?\n1. Pazartesi\n2. Elif gelmez"));
    let copy = world.app.campaigns().duplicate_campaign(id).await?;
    assert_eq!(copy.choice, draft.choice);
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_poll_is_the_last_part_and_is_shown_as_one() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905550000142").await?;
    let draft =
        world.draft("Merhaba", |edit| edit.choice = Some(choice(ChoiceStyle::Poll, &["Evet", "Hayır"]))).await?;
    let preview = world.app.campaigns().preview_message(draft.id, 0).await?;
    assert_eq!(preview.parts.iter().map(|part| part.kind).collect::<Vec<_>>(), [PartKind::Text, PartKind::Poll]);
    let id = world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!(sent.iter().map(|part| part.text.as_deref()).collect::<Vec<_>>(), [Some("Merhaba"), Some("Hangi gün?")]);
    assert_eq!(sent[1].options, ["Evet", "Hayır"]);
    let all = RecipientQuery { campaign_id: id, state: None, search: String::new(), place: Place::first(10) };
    let people = world.app.outbox().recipients(&all).await?.rows;
    let seen = world.app.outbox().recipient(people[0].message_id).await?;
    assert_eq!(seen.parts[1].kind, PartKind::Poll);
    assert_eq!(seen.parts[1].options.as_deref(), Some(["Evet".to_owned(), "Hayır".to_owned()].as_slice()));
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn answers_that_cannot_be_sent_are_refused_by_name() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905550000142").await?;
    for (choice, code) in [
        (choice(ChoiceStyle::Numbered, &["Evet", " "]), "choice.few"),
        (choice(ChoiceStyle::Numbered, &["Evet", "EVET"]), "choice.twice"),
        (Choice { question: " ".into(), ..choice(ChoiceStyle::Poll, &["a", "b"]) }, "choice.no_question"),
        (choice(ChoiceStyle::Poll, &["a", &"b".repeat(101)]), "choice.too_long"),
    ] {
        let draft = world.draft("Merhaba", |edit| edit.choice = Some(choice)).await?;
        assert_eq!(world.app.campaigns().schedule_campaign(draft.id, false).await.unwrap_err().code, code);
    }
    Ok(())
}

#[tokio::test]
async fn the_contact_with_the_most_gaps_is_found() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    with_city(&world, "Elif", "+905550000142", "İzmir").await?;
    world.contact("", "+905550000143").await?;
    world.contact("Nur", "+905550000144").await?;
    let draft = world.draft("{{name|Sayın müşterimiz}} {{city|}} {{frame}}", |_| {}).await?;
    let emptiest = world.app.campaigns().check_draft(draft.id).await?.emptiest.unwrap();
    assert_eq!((emptiest.index, emptiest.missing), (1, 3));
    Ok(())
}

#[tokio::test]
async fn a_template_is_used_with_its_files_and_a_campaign_keeps_them_when_it_goes() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905550000142").await?;
    let template = world.app.templates().take_ready("order_ready", Language::Tr).await?;
    let text = "Merhaba {{name}}, siparişiniz hazır";
    let template = world.app.templates().save_template(&edited(template, text, None)).await?;
    world.app.templates().add_template_media(template.id, &photo("sample.jpg"), ulak_media::Wish::Auto).await?;
    let rows = world.app.templates().list().await?;
    assert_eq!((rows[0].kind, rows[0].files), (TemplateKind::Media, 1));
    assert_eq!(rows[0].variables, ["name"]);

    let draft = world.app.campaigns().create_draft().await?;
    let draft = world.app.templates().use_template(draft.id, template.id).await?;
    assert_eq!((draft.name.as_str(), draft.media.len()), ("Sipariş hazır", 1));
    world.app.templates().delete_template(template.id).await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!(sent[0].text.as_deref(), Some("Merhaba Elif, siparişiniz hazır"));
    assert!(sent[0].is_image);
    assert_eq!(world.app.templates().template(template.id).await.unwrap_err().code, "template.gone");
    Ok(())
}

#[tokio::test]
async fn a_draft_is_kept_as_a_template_and_changes_no_more_with_it() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let draft = world.draft("Merhaba {{name}}", |_| {}).await?;
    world.app.campaigns().add_media(draft.id, &photo("sample.jpg")).await?;
    let kept = world.app.templates().save_as_template(draft.id, Language::Tr).await?;
    world.app.campaigns().delete_draft(draft.id).await?;
    let kept = world.app.templates().template(kept.id).await?;
    assert_eq!((kept.text.as_str(), kept.media.len()), ("Merhaba {{name}}", 1));
    assert!(world.app.campaigns().media_picture(kept.media[0].id).await?.starts_with("data:image/"));
    Ok(())
}

#[tokio::test]
async fn templates_go_into_one_file_and_come_out_the_same_once() -> Result<(), Problem> {
    let here = World::at(at(0, 12, 0)).await?;
    let there = World::at(at(0, 12, 0)).await?;
    here.app.templates().take_ready("appointment", Language::Id).await?;
    let with_file = here.app.templates().create_template(Language::Tr).await?;
    here.app.templates().add_template_media(with_file.id, &photo("sample.jpg"), ulak_media::Wish::Auto).await?;
    let offered = Some(choice(ChoiceStyle::Poll, &["Evet", "Hayır"]));
    here.app
        .templates()
        .save_template(&edited(here.app.templates().template(with_file.id).await?, "Sayın {{name}}", offered))
        .await?;
    let file = here.folder.path().join("templates.json");
    here.app.templates().export_templates(&[], &file).await?;

    assert_eq!(there.app.templates().import_templates(&file).await?, TemplatesBrought { added: 2, known: 0 });
    assert_eq!(there.app.templates().import_templates(&file).await?, TemplatesBrought { added: 0, known: 2 });
    let content = async |world: &World| -> Result<Vec<_>, Problem> {
        let mut all = Vec::new();
        for row in world.app.templates().list().await? {
            let one = world.app.templates().template(row.id).await?;
            let files: Vec<_> = one.media.into_iter().map(|file| (file.name, file.sha256)).collect();
            all.push((one.name, one.category.as_str(), one.text, one.choice, one.samples, files));
        }
        all.sort_by(|a, b| a.2.cmp(&b.2));
        Ok(all)
    };
    assert_eq!(content(&there).await?, content(&here).await?);

    std::fs::write(&file, "name;phone").unwrap();
    assert_eq!(there.app.templates().import_templates(&file).await.unwrap_err().code, "template.not_a_list");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(there.app.templates().import_templates(&file).await.unwrap_err().code, "template.file_unreadable");
    Ok(())
}

#[tokio::test]
async fn a_test_arrives_as_the_shown_contact_would_get_it_at_night_too() -> Result<(), Problem> {
    let mut world = World::at(at(0, 23, 30)).await?;
    with_city(&world, "Elif", "+905550000142", "İzmir").await?;
    world.contact("Nur", "+905550000143").await?;
    let draft = world.draft("Merhaba {{name}}, {{city}}", |_| {}).await?;
    world.app.campaigns().add_media(draft.id, &photo("sample.jpg")).await?;
    let test =
        |index| TestSend { draft_id: draft.id, index, to: "0555 000 09 99".to_owned(), over: world.app.practice_id() };
    let refused = world.app.outbox().send_test(&test(1)).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.params["variable"].as_str()), ("campaign.test_missing", "city"));
    let id = world.app.outbox().send_test(&test(0)).await?;
    world.run_until(at(0, 23, 31)).await?;
    let sent = world.phone.sent();
    assert_eq!(sent.iter().map(|part| part.to.as_str()).collect::<Vec<_>>(), ["+905550000999"]);
    assert_eq!((sent[0].text.as_deref(), sent[0].is_image), (Some("Merhaba Elif, İzmir"), true));
    assert_eq!(world.app.outbox().recipient(id).await?.row.state, PartState::Sent);
    let listed = world.app.campaigns().list(&everything()).await?.rows;
    assert!(listed.iter().all(|row| row.id == draft.id), "a test is no campaign");
    assert_eq!(world.app.campaigns().draft(draft.id).await?.text, "Merhaba {{name}}, {{city}}");
    world.app.credits().ledger_holds().await
}
