//! People: who is on WhatsApp, under which address, and what they write back.

use ulak_emulator::{Emulator, Habits, Options};
use whatsapp_rust::Jid;
use whatsapp_rust::types::presence::ReceiptType;

use crate::harness::{AYSE, BUDI, DEADLINE, OWNER, Running, SECOND_OWNER, emulator};

#[tokio::test(flavor = "multi_thread")]
async fn people_write_back() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    running.send(AYSE, "3EB2AA01", "Merhaba").await;
    running.receipt("3EB2AA01", ReceiptType::Read).await;
    let id = emulator.reply(AYSE, OWNER, "DUR").await.unwrap();
    let (_, text) = running.incoming().await;
    assert_eq!(text, "DUR");
    emulator.wait_until(|record| record.delivered.contains_key(&id), DEADLINE).await.unwrap();
    // A stranger who was never written to begins a session of their own.
    emulator.reply(BUDI, OWNER, "Halo").await.unwrap();
    assert_eq!(running.incoming().await.1, "Halo");
    emulator.reply(AYSE, OWNER, "bir daha").await.unwrap();
    assert_eq!(running.incoming().await.1, "bir daha");
    assert_eq!(emulator.read(|record| record.errors.clone()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_while_the_owner_was_away_waits() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    let folder = running.stop().await;
    emulator.wait_until(|_| !emulator.online(OWNER), DEADLINE).await.unwrap();
    for text in ["one", "two"] {
        emulator.reply(AYSE, OWNER, text).await.unwrap();
    }
    let again = Running::start_in(&emulator, folder).await;
    let mut texts = Vec::new();
    again
        .event(|event| {
            if let whatsapp_rust::types::events::Event::Messages(batch) = event {
                texts.extend(batch.messages.iter().filter_map(|inbound| inbound.message.conversation.clone()));
            }
            (texts.len() == 2).then_some(())
        })
        .await;
    assert_eq!(texts, ["one", "two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_person_is_reached_and_answers_without_a_number() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.set_hidden(AYSE, true);
    let lid = Jid::lid(emulator.lid(AYSE).unwrap());
    let message = whatsapp_rust::waproto::whatsapp::Message {
        conversation: Some("to the hidden one".to_owned()),
        ..Default::default()
    };
    running.send_message(lid.clone(), "3EB2AB01", message).await;
    let receipt = running.receipt("3EB2AB01", ReceiptType::Read).await;
    assert_eq!(receipt.source.chat, lid);
    emulator.reply(AYSE, OWNER, "BERHENTI").await.unwrap();
    assert_eq!(running.incoming().await, (lid, "BERHENTI".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_not_moved_is_addressed_by_number() {
    let emulator = Emulator::start(Options { lid_migrated: false, ..Options::default() }).await.unwrap();
    let running = Running::linked(&emulator, OWNER).await;
    running.send(AYSE, "3EB2AC01", "by number").await;
    let receipt = running.receipt("3EB2AC01", ReceiptType::Read).await;
    assert_eq!(receipt.source.chat, Jid::pn(AYSE));
    emulator.reply(AYSE, OWNER, "by number, too").await.unwrap();
    assert_eq!(running.incoming().await, (Jid::pn(AYSE), "by number, too".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_on_whatsapp_can_be_asked() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    emulator.set_absent(BUDI, true);
    let asked = [Jid::pn(AYSE), Jid::pn(BUDI)];
    let answers = running.client.contacts().is_on_whatsapp(&asked).await.unwrap();
    let known: Vec<(String, bool)> =
        answers.iter().map(|answer| (answer.jid.user.to_string(), answer.is_registered)).collect();
    assert_eq!(known, [(AYSE.to_owned(), true), (BUDI.to_owned(), false)]);
    assert_eq!(answers[0].lid, Some(Jid::lid(emulator.lid(AYSE).unwrap())));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_of_one_number_see_what_the_other_sends() {
    let emulator = emulator().await;
    let first = Running::linked(&emulator, OWNER).await;
    let second = Running::linked(&emulator, OWNER).await;
    assert_eq!(emulator.numbers()[0].devices.len(), 2);
    second.send(AYSE, "3EB2AD01", "from the second").await;
    second.receipt("3EB2AD01", ReceiptType::Read).await;
    let copy = first.event(|event| match event {
        whatsapp_rust::types::events::Event::Messages(batch) => {
            batch.messages.iter().find(|inbound| inbound.info.id == "3EB2AD01").map(|inbound| inbound.info.clone())
        }
        _ => None,
    });
    assert!(copy.await.source.is_from_me);
    emulator.reply(AYSE, OWNER, "to both").await.unwrap();
    futures::join!(async { assert_eq!(first.incoming().await.1, "to both") }, async {
        assert_eq!(second.incoming().await.1, "to both");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_device_confirms_to_the_linked_device_that_wrote() {
    let emulator = emulator().await;
    let (shop, customer) = (Running::linked(&emulator, OWNER).await, Running::linked(&emulator, SECOND_OWNER).await);
    // The customer's phone lies switched off: what is confirmed comes from the linked device.
    let silent = Habits { delivered: false, read: false, played: false, ..Habits::default() };
    emulator.set_habits(SECOND_OWNER, Some(silent)).unwrap();
    shop.send(SECOND_OWNER, "3EB2AE01", "to a browser").await;
    let name = customer.event(|event| match event {
        whatsapp_rust::types::events::Event::Messages(batch) => {
            let found = batch.messages.iter().find(|inbound| inbound.info.id == "3EB2AE01");
            found.map(|inbound| inbound.info.push_name.clone())
        }
        _ => None,
    });
    assert_eq!(name.await, "Emulated shop");
    // A browser in the background confirms so, and phones show no second tick for it.
    shop.receipt("3EB2AE01", ReceiptType::Inactive).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_noticed() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    running.client.chatstate().send_composing(&Jid::pn(AYSE)).await.unwrap();
    emulator.wait_until(|record| record.typing.iter().any(|typing| typing.to == AYSE), DEADLINE).await.unwrap();
}
