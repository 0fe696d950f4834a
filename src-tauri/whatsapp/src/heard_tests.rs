use super::*;
use whatsapp_rust::types::events::{
    ConnectFailure, ContactUpdate, LoggedOut, Receipt as Told, StreamReplaced, TempBanReason, TemporaryBan,
};
use whatsapp_rust::wacore::chrono::{DateTime, Duration, Utc};

const NOW: Millis = 1_700_000_000_000;

fn own() -> Own {
    Own { phone: Some(Jid::pn_device("905550000000", 7)), lid: Some(Jid::lid_device("100", 7)) }
}

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn told(sender: Jid, kind: ReceiptType) -> Told {
    let source = MessageSource { chat: sender.to_non_ad(), sender, ..Default::default() };
    Told::builder()
        .source(source)
        .message_ids(vec!["A".to_owned(), "B".to_owned()])
        .timestamp(time(5))
        .r#type(kind)
        .offline(false)
        .build()
}

#[test]
fn a_receipt_of_the_recipient_is_a_tick_for_each_of_its_messages() {
    for sender in [Jid::pn("905550000001"), Jid::lid("200")] {
        let found = receipts(&own(), &told(sender, ReceiptType::Read));
        let tick = |id: &str| Receipt { wire_id: id.to_owned(), kind: ReceiptKind::Read, at: 5_000 };
        assert_eq!(found, [tick("A"), tick("B")]);
    }
}

#[test]
fn receipts_of_own_devices_and_of_groups_are_no_ticks() {
    for sender in [Jid::pn("905550000000"), Jid::pn_device("905550000000", 3), Jid::lid("100")] {
        assert!(receipts(&own(), &told(sender, ReceiptType::Delivered)).is_empty());
    }
    assert!(receipts(&own(), &told(Jid::group("1203"), ReceiptType::Read)).is_empty());
    for kind in [ReceiptType::Sender, ReceiptType::ReadSelf, ReceiptType::Inactive, ReceiptType::ServerError] {
        assert!(receipts(&own(), &told(Jid::pn("905550000001"), kind)).is_empty());
    }
}

#[test]
fn only_the_phone_itself_shows_that_it_is_used() {
    let seen = |sender| phone_confirmed(&own(), &told(sender, ReceiptType::ReadSelf));
    assert!(seen(Jid::pn("905550000000")));
    assert!(seen(Jid::lid("100")));
    assert!(!seen(Jid::pn_device("905550000000", 3)));
    assert!(!seen(Jid::pn("905550000001")));
}

#[test]
fn a_persons_message_is_told_from_all_others() {
    let info = |sender: Jid| MessageInfo {
        source: MessageSource { chat: sender.to_non_ad(), sender, ..Default::default() },
        ..Default::default()
    };
    let person = info(Jid::lid("200"));
    assert!(is_from_person(&own(), &person));
    assert!(!is_from_person(&own(), &info(Jid::pn("905550000000"))));
    let mut group = info(Jid::pn("905550000001"));
    group.source.chat = Jid::group("1203");
    group.source.is_group = true;
    assert!(!is_from_person(&own(), &group));
    let mut edit = person.clone();
    edit.edit = EditAttribute::MessageEdit;
    assert!(is_from_person(&own(), &edit));
    edit.edit = EditAttribute::SenderRevoke;
    assert!(!is_from_person(&own(), &edit), "what is deleted changes nothing");
    let mut mine = person;
    mine.source.is_from_me = true;
    assert!(!is_from_person(&own(), &mine));
}

#[test]
fn who_wrote_is_known_by_both_names_where_both_are_said() {
    let source = MessageSource {
        sender: Jid::lid_device("200", 2),
        sender_alt: Some(Jid::pn("905550000001")),
        ..Default::default()
    };
    assert_eq!(writer(&source), (Some("+905550000001".to_owned()), Some("200@lid".to_owned())));
    let hidden = MessageSource { sender: Jid::lid("200"), ..Default::default() };
    assert_eq!(writer(&hidden), (None, Some("200@lid".to_owned())));
}

#[test]
fn the_address_books_name_belongs_to_a_phone() {
    let update = |jid: Jid, phone: Option<&str>| {
        let action = whatsapp_rust::prelude::wa::sync_action_value::ContactAction {
            full_name: Some(" Ayşe Yılmaz ".to_owned()),
            pn_jid: phone.map(str::to_owned),
            ..Default::default()
        };
        name(
            &ContactUpdate::builder().jid(jid).timestamp(time(1)).action(Box::new(action)).from_full_sync(true).build(),
        )
    };
    let expected = Some(Signal::Name {
        phone: "+905550000001".to_owned(),
        name: "Ayşe Yılmaz".to_owned(),
        from_address_book: true,
    });
    assert_eq!(update(Jid::pn("905550000001"), None), expected);
    assert_eq!(update(Jid::lid("200"), Some("905550000001@s.whatsapp.net")), expected);
    assert_eq!(update(Jid::lid("200"), None), None);
}

#[test]
fn every_way_to_be_refused_has_its_word() {
    let out = |reason| Event::LoggedOut(LoggedOut::builder().on_connect(true).reason(reason).build());
    let failure = |reason| Event::ConnectFailure(ConnectFailure::builder().reason(reason).build());
    let ban = TemporaryBan::builder().code(TempBanReason::SentToTooManyPeople).expire(Duration::seconds(60)).build();
    let table = [
        (out(ConnectFailureReason::LoggedOut), Closed::LoggedOut),
        (out(ConnectFailureReason::AccountLocked), Closed::Locked),
        (out(ConnectFailureReason::UnknownLogout), Closed::Banned { code: 406, until: None }),
        (Event::TemporaryBan(ban), Closed::Banned { code: 101, until: Some(NOW + 60_000) }),
        (failure(ConnectFailureReason::TempBanned), Closed::Banned { code: 402, until: None }),
        (failure(ConnectFailureReason::BadUserAgent), Closed::Outdated),
        (failure(ConnectFailureReason::Unknown(429)), Closed::TooMany),
        (failure(ConnectFailureReason::ServiceUnavailable), Closed::Lost { reason: "503".to_owned() }),
        (Event::StreamReplaced(StreamReplaced::builder().build()), Closed::Replaced),
    ];
    for (event, expected) in table {
        assert_eq!(closed(&event, NOW), Some(expected), "{event:?}");
    }
}

#[test]
fn the_stream_says_too_many_and_come_back_later() {
    assert_eq!(stream_trouble("429"), Some(Closed::TooMany));
    assert_eq!(stream_trouble("503"), Some(Closed::Lost { reason: "503".to_owned() }));
    assert_eq!(stream_trouble("515"), None);
    assert_eq!(stream_trouble(""), None);
}
