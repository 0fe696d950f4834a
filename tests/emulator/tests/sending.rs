//! From the send to the blue tick.

use ulak_emulator::{Kind, Seen};
use whatsapp_rust::Jid;
use whatsapp_rust::types::presence::ReceiptType;
use whatsapp_rust::waproto::whatsapp::Message;
use whatsapp_rust::waproto::whatsapp::message::PollCreationMessage;
use whatsapp_rust::waproto::whatsapp::message::poll_creation_message::Option as Choice;

use crate::harness::{AYSE, BUDI, DEADLINE, OWNER, Running, SECOND_OWNER, emulator};

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_acked_delivered_and_read() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    running.send(AYSE, "3EB0AA01", "Merhaba Ayşe").await;
    assert_eq!(running.ack("3EB0AA01").await.error, None);
    running.receipt("3EB0AA01", ReceiptType::Delivered).await;
    running.receipt("3EB0AA01", ReceiptType::Read).await;
    let seen = emulator.seen();
    let [Seen { to, from, id, kind: Kind::Text, text, .. }] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((to.as_str(), from.as_str(), id.as_str()), (AYSE, OWNER, "3EB0AA01"));
    assert_eq!(text.as_deref(), Some("Merhaba Ayşe"));
    emulator.wait_until(|record| record.copies.len() == 1, DEADLINE).await.unwrap();
    assert_eq!(emulator.read(|record| record.copies[0].to.clone()), AYSE);
    assert_eq!(emulator.read(|record| record.errors.clone()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_numbers_send_at_once() {
    let emulator = emulator().await;
    let (first, second) = futures::join!(Running::linked(&emulator, OWNER), Running::linked(&emulator, SECOND_OWNER));
    futures::join!(first.send(AYSE, "3EB0BB01", "one"), second.send(AYSE, "3EB0BB02", "two"));
    futures::join!(first.receipt("3EB0BB01", ReceiptType::Read), second.receipt("3EB0BB02", ReceiptType::Read));
    let mut senders: Vec<String> = emulator.seen_by(AYSE).into_iter().map(|seen| seen.from).collect();
    senders.sort();
    assert_eq!(senders, [OWNER, SECOND_OWNER]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_to_several_people_arrive_in_order() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    for number in 0..20 {
        let to = if number % 2 == 0 { AYSE } else { BUDI };
        running.send(to, &format!("3EB0CC{number:02}"), &number.to_string()).await;
    }
    emulator.wait_until(|record| record.seen.len() == 20, DEADLINE).await.unwrap();
    let texts: Vec<String> = emulator.seen_by(BUDI).into_iter().filter_map(|seen| seen.text).collect();
    assert_eq!(texts, (0..20).filter(|number| number % 2 == 1).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(emulator.read(|record| (record.messages, record.repeats)), (20, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_shows_its_question_and_its_choices() {
    let emulator = emulator().await;
    let running = Running::linked(&emulator, OWNER).await;
    let choices = ["Evet", "Hayır"];
    let poll = PollCreationMessage {
        name: Some("Geliyor musunuz?".to_owned()),
        options: choices.map(|choice| Choice { option_name: Some(choice.to_owned()), ..Choice::default() }).to_vec(),
        selectable_options_count: Some(1),
        ..PollCreationMessage::default()
    };
    let message = Message { poll_creation_message_v3: poll.into(), ..Message::default() };
    running.send_message(Jid::pn(AYSE), "3EB0CD01", message).await;
    running.receipt("3EB0CD01", ReceiptType::Read).await;
    let seen = emulator.seen();
    assert_eq!((seen[0].kind, seen[0].text.as_deref()), (Kind::Poll, Some("Geliyor musunuz?")));
    assert_eq!(seen[0].options, choices);
}
