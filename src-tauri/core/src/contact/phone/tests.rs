use super::*;
use crate::error::Coded;

fn home(code: &str) -> Country {
    Country::of(code).unwrap()
}

fn reads(text: &str, country: &str) -> String {
    parse(text, home(country)).map_or_else(|error| error.code().to_owned(), |phone| phone.to_string())
}

#[test]
fn numbers_of_home_become_e164() {
    for text in [
        "0538 555 02 14",
        "05385550214",
        "5385550214",
        "(538) 555-0214",
        "0090 538 555 02 14",
        "905385550214",
        "+905385550214",
        "+90 (0) 538 555 02 14",
        "0(538)5550214",
        "0538.555.02.14",
        "0538/555 02 14",
        "+05385550214",
        "900538 5550214",
    ] {
        assert_eq!(reads(text, "TR"), "+905385550214", "{text}");
    }
    for text in ["0812 555 0147", "0812-555-0147", "8125550147", "628125550147", "+62812 555 0147", "00628125550147"] {
        assert_eq!(reads(text, "ID"), "+628125550147", "{text}");
    }
}

#[test]
fn a_number_without_a_plus_is_of_home_or_none() {
    assert_eq!(reads("628135550147", "TR"), "phone.no_plus");
    assert_eq!(reads("905385550214", "ID"), "phone.no_plus");
    assert_eq!(reads("+62-813-555-0147", "TR"), "+628135550147");
    assert_eq!(reads("0090 538 555 02 14", "ID"), "+905385550214");
    assert_eq!(reads("0090 538 555 02 14", "US"), "+905385550214");
}

/// The documentation, the practice number and the tests of Ulak use these; no real person has them.
#[test]
fn the_fictitious_numbers_of_ulak_pass() {
    for text in [
        "+90 532 555 01 42",
        "+90 538 555 02 14",
        "+90 533 555 04 61",
        "+90 542 555 07 33",
        "+62 812 555 0147",
        "+62 811 555 0163",
        "+62 813 555 0147",
        "+1 202 555 0142",
        "+44 7700 900142",
    ] {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        assert_eq!(reads(text, "TR"), digits);
    }
}

#[test]
fn decoration_is_taken_off() {
    for text in [
        "\u{202a}+90 538 555 02 14\u{202c}",
        "\u{a0}0538\u{a0}555\u{a0}02\u{a0}14",
        "٠٥٣٨٥٥٥٠٢١٤",
        "０５３８ ５５５ ０２ １４",
        "=\"05385550214\"",
        "'05385550214",
        "Tel: 0538 555 02 14",
        "p:+905385550214",
        "https://wa.me/905385550214",
        "5385550214.0",
        "\u{200b}0538 555 02 14",
        "＋９０５３８５５５０２１４",
        "+90\u{2011}538\u{2011}555\u{2011}02\u{2011}14",
        "WA 0538 555 02 14",
    ] {
        assert_eq!(reads(text, "TR"), "+905385550214", "{text}");
    }
}

#[test]
fn a_number_that_excel_shortened_is_refused_with_what_is_lost() {
    for text in ["9.05387E+11", "9,05387E+11", "9.05387E11", "9.05387e+11"] {
        let expected = PhoneError::ExcelShortened { value: text.to_owned(), lost_digits: 6, candidates: 1_000_000 };
        assert_eq!(parse(text, home("TR")), Err(expected));
    }
    assert_eq!(reads("9.05385550214E+11", "TR"), "+905385550214");
    assert_eq!(reads("5,38556E+09", "TR"), "phone.excel_shortened");
    assert_eq!(reads("#########", "TR"), "phone.excel_narrow");
}

#[test]
fn what_was_mended_is_told_and_decoration_is_no_damage() {
    for (country, text, mended) in [
        ("TR", "9.05385550114E+11", Some(Repair::Notation)),
        ("ID", "8125550147,00", Some(Repair::Decimals)),
        ("TR", "5.385.550.114,00", Some(Repair::Decimals)),
        ("MX", "+52 1 55 5555 0147", Some(Repair::OldForm)),
        ("MX", "00521 55 5555 0147", Some(Repair::OldForm)),
        ("MX", "+52 55 5555 0147", None),
        ("TR", "0538 555 01 14", None),
        ("TR", "+90 (538) 555-01-14", None),
        ("TR", "Cep: 0538 555 01 14", None),
    ] {
        let phone = parse(text, Country::of(country).unwrap()).unwrap();
        assert_eq!(repair(text, phone), mended, "{text}");
    }
}

#[test]
fn what_is_no_number_is_explained() {
    for (text, code) in [
        ("", "phone.missing"),
        ("–", "phone.missing"),
        ("yok", "phone.missing"),
        ("  ", "phone.missing"),
        ("532 555 0", "phone.too_short"),
        ("12", "phone.too_short"),
        ("+90 532 555", "phone.too_short"),
        ("0538 555 02 14 99", "phone.too_long"),
        ("+90 538 555 02 14 9", "phone.beside"),
        ("+90 538 555 02 149", "phone.too_long"),
        ("1234567890123456789", "phone.too_long"),
        ("O538 555 02 14", "phone.letters"),
        ("Ayşe", "phone.letters"),
        ("0538 555 02 14 dahili 3", "phone.beside"),
        ("532 555 dahili 3", "phone.too_short"),
        ("0538 555 02 14 / 0532 555 01 42", "phone.several"),
        ("+999 538 555 02 14", "phone.unknown_country"),
        ("0138 555 02 14", "phone.invalid"),
        ("0000000000", "phone.invalid"),
        ("#REF!", "phone.letters"),
    ] {
        assert_eq!(reads(text, "TR"), code, "{text}");
    }
    assert_eq!(parse("532 555 0", home("TR")), Err(PhoneError::TooShort { digits: 7, country: "TR".into() }));
}

#[test]
fn fixed_lines_pass() {
    assert_eq!(reads("0212 555 01 42", "TR"), "+902125550142");
    assert_eq!(reads("0232 555 01 42", "TR"), "+902325550142");
}

#[test]
fn a_mobile_range_that_is_too_new_for_the_list_passes() {
    assert!(!PhoneNumber::parse("+905215550142", None).unwrap().is_valid());
    assert_eq!(reads("0521 555 01 42", "TR"), "+905215550142");
}

#[test]
fn shown_is_spaced() {
    assert_eq!(shown("+905385550214"), "+90 538 555 02 14");
    assert_eq!(shown("+628135550147"), "+62 813 5550 147");
    assert_eq!(shown("practice"), "practice");
}

#[test]
fn countries_are_sorted_and_have_codes() {
    let countries = countries();
    assert!(countries.len() > 200);
    assert!(countries.windows(2).all(|pair| pair[0].code() < pair[1].code()));
    assert_eq!(serde_json::to_string(&home("TR")).unwrap(), r#"{"code":"TR","callingCode":90}"#);
    assert_eq!(Country::of("ZZ"), None);
    assert_eq!(Country::of("Türkiye"), None);
}

#[test]
fn a_refusal_is_kept_and_read_back() {
    let error = PhoneError::TooShort { digits: 7, country: "TR".into() };
    let kept = serde_json::to_string(&error).unwrap();
    assert_eq!(kept, r#"{"code":"phone.too_short","digits":7,"country":"TR"}"#);
    assert_eq!(serde_json::from_str::<PhoneError>(&kept).unwrap(), error);
}
