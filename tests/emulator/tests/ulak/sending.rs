//! Sending: what core learns of a part, and that people see it once.

use std::sync::Arc;

use ulak_core::link_preview::LinkPreview;
use ulak_core::session::cause::Cause;
use ulak_core::session::client::{ClientError, Closed, Signal};
use ulak_core::session::messenger::{Content, Outcome, ReceiptKind};
use ulak_emulator::{Fault, Habits, Kind, LinkShown, Rule};

use crate::harness::{AYSE, BUDI, DEADLINE, Number, OWNER, emulator, part};

async fn wait_for_the_end(number: &Number) {
    number.signal(|signal| matches!(signal, Signal::Closed(Closed::Lost { .. })).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_arrives_and_is_read() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    assert_eq!(number.say(AYSE, "3EB0A1", "Merhaba").await, Outcome::Accepted);
    number.receipt("3EB0A1", ReceiptKind::Delivered).await;
    number.receipt("3EB0A1", ReceiptKind::Read).await;
    let lid = number
        .signal(|signal| match signal {
            Signal::Found { phone, account, lid, .. } if phone == AYSE && account.as_deref() == Some(AYSE) => {
                lid.clone()
            }
            _ => None,
        })
        .await;
    assert_eq!(lid, format!("{}@lid", emulator.lid(AYSE).unwrap()));
    let seen = emulator.seen();
    assert_eq!((seen.len(), seen[0].id.as_str(), seen[0].text.as_deref()), (1, "3EB0A1", Some("Merhaba")));
    assert_eq!(emulator.read(|record| record.errors.clone()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_shows_what_was_seen_of_its_link() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let preview = LinkPreview {
        link: "https://lale.example/yeni".to_owned(),
        title: "Yeni çerçeveler".to_owned(),
        description: "Bahar koleksiyonu".to_owned(),
        thumbnail: vec![0xff, 0xd8, 0xff, 0xd9],
    };
    let text = "Bak: https://lale.example/yeni!".to_owned();
    let content = Content::Text { text: text.clone(), preview: Some(Arc::new(preview.clone())) };
    assert_eq!(number.send(AYSE, "3EB0A5", content).await, Outcome::Accepted);
    emulator.wait_until(|record| record.seen.len() == 1, DEADLINE).await.unwrap();
    let seen = emulator.seen().remove(0);
    assert_eq!((seen.kind, seen.text), (Kind::Text, Some(text)));
    let LinkShown { link, title, description, thumbnail } = seen.link.unwrap();
    assert_eq!((link, title, description), (preview.link, Some(preview.title), Some(preview.description)));
    assert_eq!(thumbnail, Some(preview.thumbnail));
    assert_eq!(number.say(AYSE, "3EB0A6", "Merhaba").await, Outcome::Accepted);
    emulator.wait_until(|record| record.seen.len() == 2, DEADLINE).await.unwrap();
    assert_eq!(emulator.seen()[1].link, None);
    assert_eq!(emulator.read(|record| record.errors.clone()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_shows_its_options() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let options = ["Evet".to_owned(), "Hayır".to_owned()];
    let poll = Content::Poll { text: "Geliyor musunuz?".to_owned(), options: options.to_vec() };
    assert_eq!(number.send(AYSE, "3EB0A2", poll).await, Outcome::Accepted);
    emulator.wait_until(|record| record.seen.len() == 1, DEADLINE).await.unwrap();
    let seen = &emulator.seen()[0];
    assert_eq!((seen.kind, seen.text.as_deref()), (Kind::Poll, Some("Geliyor musunuz?")));
    assert_eq!(seen.options, options);
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_shown_before_a_text_by_choice() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let mut typed = part(AYSE, "3EB0A3", Content::text("Merhaba"));
    typed.typing = true;
    assert_eq!(number.send_part(typed).await, Outcome::Accepted);
    assert_eq!(number.say(BUDI, "3EB0A4", "Halo").await, Outcome::Accepted);
    let typing = emulator.read(|record| record.typing.clone());
    assert!(typing.iter().any(|typing| typing.state == "composing"));
    assert!(typing.iter().all(|typing| AYSE.ends_with(&typing.to)), "{typing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_to_who_is_not_on_whatsapp() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    emulator.set_absent(BUDI, true);
    assert_eq!(number.say(BUDI, "3EB0B1", "Halo").await, Outcome::Refused(Cause::NotOnWhatsapp));
    assert_eq!(emulator.read(|record| record.messages), 0);
    // The answer is remembered.
    emulator.set_absent(BUDI, false);
    assert_eq!(number.say(BUDI, "3EB0B2", "Halo").await, Outcome::Refused(Cause::NotOnWhatsapp));
    // Whom the number has talked with is not looked up.
    let mut known = part(BUDI, "3EB0B3", Content::text("Halo"));
    known.known = true;
    assert_eq!(number.send_part(known).await, Outcome::Accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_whatsapp_has_under_another_spelling_is_written_to_there_alone() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    for (spelt, account, at) in [
        ("+5511987650123", "+551187650123", 1),
        ("+525512340123", "+5215512340123", 2),
        ("+541123450123", "+5491123450123", 3),
    ] {
        emulator.set_alias(spelt, account);
        let lid = format!("{}@lid", emulator.lid(account).unwrap());
        // Told again with every try, so core knows it before the next.
        for _ in 0..2 {
            let wire_id = format!("3EB0BA{at}");
            let told = number.signal(|signal| match signal {
                Signal::Found { phone, account, lid, .. } if phone == spelt => Some((account.clone(), lid.clone())),
                _ => None,
            });
            let (outcome, told) = tokio::join!(number.say(spelt, &wire_id, "Olá"), told);
            assert_eq!(outcome, Outcome::Refused(Cause::OtherPhone));
            assert_eq!(told, (Some(account.to_owned()), Some(lid.clone())));
        }
        assert_eq!(number.say(account, &format!("3EB0BA{at}"), "Olá").await, Outcome::Accepted);
        number.receipt(&format!("3EB0BA{at}"), ReceiptKind::Read).await;
        assert_eq!(emulator.seen_by(account).len(), 1);
    }
    assert_eq!(emulator.read(|record| (record.messages, record.errors.clone())), (3, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_own_number_gets_one_bubble_in_its_own_chat() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    assert_eq!(number.say(OWNER, "3EB0BB", "Merhaba").await, Outcome::Accepted);
    emulator.wait_until(|record| record.copies.len() == 1, DEADLINE).await.unwrap();
    assert_eq!(number.say(AYSE, "3EB0BC", "Merhaba").await, Outcome::Accepted);
    number.receipt("3EB0BC", ReceiptKind::Read).await;
    let (copies, seen) = emulator.read(|record| (record.copies.clone(), record.seen.clone()));
    let of_itself = copies.iter().filter(|copy| OWNER.ends_with(&copy.to)).count();
    assert_eq!((of_itself, seen.len()), (1, 1), "{copies:?}");
    let told = number.others().await;
    let about_itself = |signal: &Signal| match signal {
        Signal::Receipt(receipt) => receipt.wire_id == "3EB0BB",
        signal => matches!(signal, Signal::Reply(_)),
    };
    assert!(!told.iter().any(about_itself), "at most one tick, and no answer: {told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_whatsapp_would_not_look_up_is_asked_for_again() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    for (code, cause) in [(429, Cause::TooFast), (503, Cause::LookupFailed)] {
        emulator.fault(Rule::once(Fault::LookupRefused { code }).recipient(BUDI));
        assert_eq!(number.say(BUDI, "3EB0B4", "Halo").await, Outcome::Refused(cause));
        assert_eq!(emulator.read(|record| record.messages), 0);
    }
    assert_eq!(number.say(BUDI, "3EB0B4", "Halo").await, Outcome::Accepted, "nobody noted a no");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_could_read_is_not_sent() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    for (at, error) in [None, Some(406), Some(404)].into_iter().enumerate() {
        emulator.fault(Rule::always(Fault::NoPreKeys { error }).recipient(AYSE));
        let wire_id = format!("3EB0B6{at}");
        assert_eq!(number.say(AYSE, &wire_id, "Merhaba").await, Outcome::Refused(Cause::NoKeys), "{error:?}");
        assert_eq!(number.say(BUDI, &format!("3EB0B7{at}"), "Halo").await, Outcome::Accepted, "the others get theirs");
        emulator.clear_faults();
    }
    assert_eq!(emulator.read(|record| record.messages), 3);
    // The same part when the keys can be had.
    assert_eq!(number.say(AYSE, "3EB0B60", "Merhaba").await, Outcome::Accepted);
    number.receipt("3EB0B60", ReceiptKind::Read).await;
    assert_eq!(emulator.seen_by(AYSE).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_companion_could_read_waits_for_the_phone() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let companion = Number::linked_to(&emulator, AYSE).await;
    for error in [None, Some(406)] {
        emulator.fault(Rule::always(Fault::NoPreKeys { error }).recipient(AYSE).device(0));
        assert_eq!(number.say(AYSE, "3EB0B8", "Merhaba").await, Outcome::Refused(Cause::NoKeys), "{error:?}");
        emulator.clear_faults();
    }
    assert_eq!(emulator.read(|record| record.messages), 0);
    assert_eq!(number.say(AYSE, "3EB0B8", "Merhaba").await, Outcome::Accepted);
    number.receipt("3EB0B8", ReceiptKind::Read).await;
    drop(companion);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companion_without_keys_keeps_nothing_from_the_phone() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let companion = Number::linked_to(&emulator, AYSE).await;
    let device = emulator.numbers().iter().find(|view| AYSE.ends_with(&view.number)).unwrap().devices[0].id;
    for (at, error) in [None, Some(406)].into_iter().enumerate() {
        emulator.fault(Rule::always(Fault::NoPreKeys { error }).recipient(AYSE).device(device));
        let wire_id = format!("3EB0B9{at}");
        assert_eq!(number.say(AYSE, &wire_id, "Merhaba").await, Outcome::Accepted, "{error:?}");
        number.receipt(&wire_id, ReceiptKind::Read).await;
        emulator.clear_faults();
    }
    drop(companion);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_for_no_messages_under_a_hidden_identity_gets_none() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let lid = format!("{}@lid", emulator.lid(BUDI).unwrap());
    number.kept.notes.stopped.lock().unwrap().push(lid);
    assert_eq!(number.say(BUDI, "3EB0B5", "Halo").await, Outcome::Refused(Cause::AskedToStop));
    assert_eq!(emulator.read(|record| record.messages), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_why_and_whether_to_try_again() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let limits = [(463, Cause::NewChatsLocked), (475, Cause::NewChatsUsedUp), (429, Cause::TooFast)];
    let others = [(503, Cause::Refused("503".to_owned())), (479, Cause::Rejected("479".to_owned()))];
    for (code, cause) in limits.into_iter().chain(others) {
        emulator.fault(Rule::once(Fault::Nack { code }).recipient(AYSE));
        let wire_id = format!("3EB0C{code}");
        assert_eq!(number.say(AYSE, &wire_id, "?").await, Outcome::Refused(cause));
    }
    assert_eq!(number.say(AYSE, "3EB0C0", "!").await, Outcome::Accepted);
    number.receipt("3EB0C0", ReceiptKind::Read).await;
    assert_eq!(emulator.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_the_line_broke_is_unknown_and_shown_once() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    for accepted in [true, false] {
        let wire_id = format!("3EB0D{}", u8::from(accepted));
        emulator.fault(Rule::once(Fault::DropBeforeAck { accepted }));
        let outcome = number.say(AYSE, &wire_id, "once").await;
        assert_eq!(outcome, Outcome::Unknown(Cause::ConnectionLost));
        wait_for_the_end(&number).await;
        number.connect().await;
        assert_eq!(number.say(AYSE, &wire_id, "once").await, Outcome::Accepted);
        number.receipt(&wire_id, ReceiptKind::Read).await;
    }
    let ids: Vec<String> = emulator.seen().into_iter().map(|seen| seen.id).collect();
    assert_eq!(ids, ["3EB0D1", "3EB0D0"]);
    assert_eq!(emulator.read(|record| record.repeats), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_connection_nothing_is_sent() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    emulator.close_server().await;
    wait_for_the_end(&number).await;
    assert_eq!(number.say(AYSE, "3EB0E1", "?").await, Outcome::Refused(Cause::NotConnected));
    emulator.open_server().await.unwrap();
    number.connect().await;
    assert_eq!(number.say(AYSE, "3EB0E1", "!").await, Outcome::Accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_could_not_open_a_message_gets_it_again_after_a_restart() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    emulator.set_habits(AYSE, Some(Habits { held: true, ..Habits::default() })).unwrap();
    emulator.fault(Rule::once(Fault::Undecryptable).recipient(AYSE));
    assert_eq!(number.say(AYSE, "3EB0F1", "again").await, Outcome::Accepted);
    emulator.wait_until(|record| record.retries == 1, DEADLINE).await.unwrap();
    let again = Number::again(&emulator, number.stop().await);
    emulator.set_habits(AYSE, None).unwrap();
    emulator.wait_until(|_| emulator.release_receipts() == 1, DEADLINE).await.unwrap();
    again.connect().await;
    again.receipt("3EB0F1", ReceiptKind::Read).await;
    let seen = emulator.seen();
    assert_eq!((seen.len(), seen[0].text.as_deref()), (1, Some("again")));
    assert_eq!(emulator.read(|record| record.retries), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_on_a_linked_device_that_could_not_open_a_message_gets_it_again() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    let companion = Number::linked_to(&emulator, AYSE).await;
    let device = emulator.numbers().iter().find(|view| AYSE.ends_with(&view.number)).unwrap().devices[0].id;
    emulator.fault(Rule::once(Fault::DamagedCopy).recipient(AYSE).device(device));
    assert_eq!(number.say(AYSE, "3EB0F2", "again").await, Outcome::Accepted);
    let told = companion.signal(|signal| match signal {
        Signal::Reply(reply) if reply.id == "3EB0F2" => Some(reply.text.clone()),
        _ => None,
    });
    assert_eq!(told.await, "again");
    assert_eq!(emulator.faults(), [], "it came damaged first");
    number.receipt("3EB0F2", ReceiptKind::Read).await;
    assert_eq!(emulator.seen_by(AYSE).len(), 1, "the phone could open its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_answer_goes_out_beside_the_outbox() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    number.client.say(AYSE.to_owned(), "Listeden çıkarıldınız.".to_owned()).await.unwrap();
    emulator.wait_until(|record| record.seen.len() == 1, DEADLINE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_answer_that_nobody_could_read_is_not_called_sent() {
    let emulator = emulator().await;
    let number = Number::linked(&emulator).await;
    emulator.fault(Rule::always(Fault::NoPreKeys { error: Some(406) }).recipient(AYSE));
    let answer = number.client.say(AYSE.to_owned(), "Listeden çıkarıldınız.".to_owned()).await;
    assert_eq!(answer, Err(ClientError::Refused(Cause::NoKeys.to_string())));
    assert_eq!(emulator.read(|record| record.messages), 0);
}
