//! What is composed is what arrives: captions, photos in order, variables.

use std::path::Path;

use ulak_core::app::Problem;
use ulak_core::campaign::draft::DraftEdit;
use ulak_core::category::Category;
use ulak_core::contact::ContactEdit;
use ulak_core::contact::import::ImportOptions;
use ulak_core::outbox::state::SkipReason;
use ulak_core::template::{Choice, ChoiceStyle};
use ulak_core::testing::World;

use crate::at;
use crate::imports::brought;

fn photo(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/media").join(name)
}

#[tokio::test]
async fn two_photos_and_a_text_arrive_in_order() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contacts(3).await?;
    let draft = world.draft("Merhaba {{name}}", |_| {}).await?;
    world.app.campaigns().add_media(draft.id, &photo("sample.jpg")).await?;
    world.app.campaigns().add_media(draft.id, &photo("transparent.png")).await?;
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!(sent.len(), 9);
    for message in sent.chunks(3) {
        assert!(message.iter().all(|part| part.to == message[0].to), "one person after the other");
        assert_eq!(message.iter().map(|part| part.is_image).collect::<Vec<_>>(), [true, true, false]);
        assert!(message[2].text.as_deref().is_some_and(|text| text.starts_with("Merhaba")));
    }
    world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn a_caption_fits_at_1024_and_is_offered_as_its_own_part_at_1025() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905325550142").await?;
    // Each of these counts two, as WhatsApp's own fields count.
    let fits = "👓".repeat(512);
    let long = fits.clone() + "a";
    let draft = world.draft(&fits, |_| {}).await?;
    world.app.campaigns().add_media(draft.id, &photo("sample.jpg")).await?;
    assert_eq!(world.app.campaigns().review_campaign(draft.id).await?.credits, 1);
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 12, 30)).await?;
    let draft = world.draft(&long, |_| {}).await?;
    world.app.campaigns().add_media(draft.id, &photo("sample.jpg")).await?;
    let refused = world.app.campaigns().schedule_campaign(draft.id, false).await.err();
    assert_eq!(refused.map(|problem| problem.code), Some("campaign.caption_too_long".to_owned()));
    let draft = world.draft(&long, |edit| edit.split_long_caption = true).await?;
    world.app.campaigns().add_media(draft.id, &photo("sample.jpg")).await?;
    assert_eq!(world.app.campaigns().review_campaign(draft.id).await?.credits, 2);
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    let shape: Vec<(bool, usize)> = world
        .phone
        .sent()
        .iter()
        .map(|part| (part.is_image, part.text.as_deref().map_or(0, |text| text.encode_utf16().count())))
        .collect();
    assert_eq!(shape, [(true, 1024), (true, 0), (false, 1025)]);
    Ok(())
}

#[tokio::test]
async fn an_unfilled_variable_is_never_sent() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905325550142").await?;
    let fields = [("şehir".to_owned(), "Bursa".to_owned())].into();
    let nameless = ContactEdit { phone: "+905325550143".to_owned(), fields, ..ContactEdit::default() };
    world.app.people().save_contact(&nameless).await?;
    let draft = world.draft("Sayın {{name}}, {{Şehir|İzmir}} mağazamızda", |_| {}).await?;
    let preview = world.app.campaigns().preview_message(draft.id, 1).await?;
    assert_eq!(preview.missing, ["name"]);
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert_eq!((review.will_send, review.credits), (1, 1));
    assert_eq!(
        (review.skipped[0].reason, review.skipped[0].variable.as_deref()),
        (SkipReason::MissingVariable, Some("name"))
    );
    world.app.campaigns().schedule_campaign(draft.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    let sent = world.phone.sent();
    assert_eq!(
        sent.iter().filter_map(|part| part.text.as_deref()).collect::<Vec<_>>(),
        ["Sayın Elif, İzmir mağazamızda"]
    );
    Ok(())
}

#[tokio::test]
async fn a_variable_is_found_as_people_write_it_and_a_mistyped_one_takes_no_fallback() -> Result<(), Problem> {
    let mut world = World::at(at(0, 12, 0)).await?;
    let list = "Ad Soyad,Telefon,Şehir,Son Ödeme\nElif Kaya,+905325550142,İzmir,3 Kasım\nEmre,+905325550143,,\n";
    brought(&world, list, ImportOptions::default()).await?;
    let wrong =
        world.draft("Merhaba {{Ad Soyad}}, {{şehri|burası}}", |edit| edit.consent_basis = "customers".to_owned());
    let wrong = wrong.await?;
    let check = world.app.campaigns().check_draft(wrong.id).await?;
    assert_eq!(check.warnings[0].code, "campaign.misspelt_variable", "it is said while it is written");
    let review = world.app.campaigns().review_campaign(wrong.id).await?;
    let refused = world.app.campaigns().schedule_campaign(wrong.id, false).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), review.blockers[0].code.as_str()),
        ("campaign.misspelt_variable", refused.code.as_str())
    );
    assert_eq!((refused.params["name"].as_str(), refused.params["variable"].as_str()), ("şehri", "şehir"));
    let right = "{{AD SOYAD}}, {{ŞEHİR|burası}}, {{son-odeme|bugün}}, {{Telefon}}";
    let right = world.draft(right, |edit| edit.consent_basis = "customers".to_owned()).await?;
    world.app.campaigns().schedule_campaign(right.id, false).await?;
    world.run_until(at(0, 13, 0)).await?;
    let texts: Vec<String> = world.phone.sent().into_iter().filter_map(|part| part.text).collect();
    assert_eq!(texts, ["Elif Kaya, İzmir, 3 Kasım, +905325550142", "Emre, burası, bugün, +905325550143"]);
    Ok(())
}

#[tokio::test]
async fn a_draft_keeps_what_was_typed_and_what_is_broken_is_refused() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    world.contact("Elif", "+905325550142").await?;
    let draft = world.draft("Merhaba {{name", |_| {}).await?;
    let world = world.restart().await?;
    assert_eq!(world.app.campaigns().draft(draft.id).await?.text, "Merhaba {{name");
    let refused = world.app.campaigns().schedule_campaign(draft.id, false).await.err();
    assert_eq!(refused.map(|problem| problem.code), Some("template.unclosed".to_owned()));
    let refused = world.app.campaigns().add_media(draft.id, &photo("text.jpg")).await.err();
    assert!(refused.is_some_and(|problem| problem.code.starts_with("media.")));
    assert_eq!(world.app.campaigns().draft(draft.id).await?.media, []);
    Ok(())
}

#[tokio::test]
async fn without_consent_or_a_stated_basis_people_are_skipped() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let stranger = ContactEdit { phone: "+905325550143".to_owned(), ..ContactEdit::default() };
    world.app.people().save_contact(&stranger).await?;
    let draft = world.draft("Merhaba", |edit| edit.consent_basis = String::new()).await?;
    let review = world.app.campaigns().review_campaign(draft.id).await?;
    assert_eq!((review.will_send, review.skipped[0].reason), (0, SkipReason::NoConsent));
    assert_eq!(review.blockers[0].code, "campaign.nobody");
    assert_eq!(world.app.campaigns().skipped_people(draft.id, SkipReason::NoConsent, None, 10).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_draft_that_nobody_touched_is_gone_at_the_next_start_and_every_other_is_kept() -> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let campaigns = world.app.campaigns();
    let untouched = campaigns.create_draft().await?;
    let photographed = campaigns.create_draft().await?.id;
    campaigns.add_media(photographed, &photo("sample.jpg")).await?;
    let mut kept = vec![photographed];
    let touches: [fn(&mut DraftEdit); 11] = [
        |edit| edit.category = Category::Reminder,
        |edit| edit.priority = 1,
        |edit| edit.keep_hours = true,
        |edit| edit.local_hours = true,
        |edit| edit.session_ids = Vec::new(),
        |edit| edit.name = "Cuma".to_owned(),
        |edit| edit.text = "Merhaba".to_owned(),
        |edit| edit.consent_basis = "Tezgâhta soruldu".to_owned(),
        |edit| edit.due_at = Some(at(1, 12, 0)),
        |edit| edit.audience.tags = vec!["toptan".to_owned()],
        |edit| {
            edit.choice = Some(Choice { style: ChoiceStyle::Numbered, question: String::new(), options: Vec::new() })
        },
    ];
    for touch in touches {
        let mut edit = campaigns.create_draft().await?.edit();
        touch(&mut edit);
        kept.push(campaigns.save_draft(&edit).await?.id);
    }
    for draft in &kept {
        campaigns.drop_untouched(*draft).await?;
    }
    let left = campaigns.create_draft().await?.id;
    campaigns.drop_untouched(left).await?;
    assert!(campaigns.draft(left).await.is_err(), "whoever leaves it leaves nothing behind");
    let world = world.restart().await?;
    assert!(world.app.campaigns().draft(untouched.id).await.is_err());
    for draft in kept {
        assert!(world.app.campaigns().draft(draft).await.is_ok());
    }
    Ok(())
}
