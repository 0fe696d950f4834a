//! Forms in which people write phones, over fourteen countries. What is expected follows from the numbering plans
//! (ITU's national numbering plans; numbers kept for fiction where a country keeps some), not from what is read.

use super::*;
use crate::error::Coded;

/// A country's plan as far as the forms need it.
struct Plan {
    country: &'static str,
    calling: &'static str,
    /// Dialled before the national number at home.
    trunk: &'static str,
    /// A mobile, in the groups of the country.
    mobile: &'static str,
    /// Subscribers' numbers of one area differ in length, so a digit more may make another subscriber.
    open: bool,
}

const PLANS: &[Plan] = &[
    Plan { country: "TR", calling: "90", trunk: "0", mobile: "538 555 01 42", open: false },
    Plan { country: "ID", calling: "62", trunk: "0", mobile: "812 5550 147", open: true },
    Plan { country: "DE", calling: "49", trunk: "0", mobile: "1522 8817386", open: false },
    Plan { country: "GB", calling: "44", trunk: "0", mobile: "7700 900142", open: false },
    Plan { country: "US", calling: "1", trunk: "1", mobile: "202 555 0142", open: false },
    Plan { country: "BR", calling: "55", trunk: "0", mobile: "11 98765 0142", open: false },
    Plan { country: "MX", calling: "52", trunk: "", mobile: "55 1234 0142", open: false },
    Plan { country: "AR", calling: "54", trunk: "0", mobile: "11 2345 0142", open: false },
    Plan { country: "IN", calling: "91", trunk: "0", mobile: "98765 40142", open: false },
    Plan { country: "SA", calling: "966", trunk: "0", mobile: "55 555 0142", open: false },
    Plan { country: "RU", calling: "7", trunk: "8", mobile: "912 345 01 42", open: false },
    Plan { country: "FR", calling: "33", trunk: "0", mobile: "6 39 98 01 42", open: false },
    Plan { country: "ES", calling: "34", trunk: "", mobile: "612 34 51 42", open: false },
    Plan { country: "NL", calling: "31", trunk: "0", mobile: "6 1234 0142", open: false },
];

impl Plan {
    fn national(&self) -> String {
        self.mobile.replace(' ', "")
    }

    fn e164(&self) -> String {
        format!("+{}{}", self.calling, self.national())
    }

    /// As it is dialled at home, in groups.
    fn home(&self) -> String {
        format!("{}{}", self.trunk, self.mobile)
    }
}

fn reads(text: &str, country: &str) -> String {
    parse(text, Country::of(country).unwrap()).map_or_else(|error| error.code().to_owned(), |phone| phone.to_string())
}

/// Compares all forms at once, so that a failure shows every one that differs.
fn assert_all(expected: Vec<(String, String, String)>) -> usize {
    let differs = |(country, text, expected): &(String, String, String)| {
        let read = reads(text, country);
        let fits = if expected == "refused" { !read.starts_with('+') } else { read == *expected };
        (!fits).then(|| format!("{country} {text:?}: {read}, expected {expected}"))
    };
    let wrong: Vec<String> = expected.iter().filter_map(differs).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), expected.len(), wrong.join("\n"));
    expected.len()
}

fn rows(plan: &Plan, texts: Vec<String>, expected: &str) -> Vec<(String, String, String)> {
    texts.into_iter().map(|text| (plan.country.to_owned(), text, expected.to_owned())).collect()
}

/// The same digits in another script, from its zero on.
fn in_script(text: &str, zero: char) -> String {
    let other = |c: char| c.to_digit(10).and_then(|value| char::from_u32(u32::from(zero) + value)).unwrap_or(c);
    text.chars().map(other).collect()
}

/// `5.385.550.142`
fn in_thousands(national: &str, mark: char) -> String {
    let first = national.len() % 3;
    let marked = national.char_indices().flat_map(|(at, c)| {
        let mark = (at > 0 && at % 3 == first).then_some(mark);
        mark.into_iter().chain([c])
    });
    marked.collect()
}

#[test]
fn decoration_is_no_part_of_a_number() {
    let mut all = Vec::new();
    for plan in PLANS {
        let (home, national, e164, code) = (plan.home(), plan.national(), plan.e164(), plan.calling);
        let texts = vec![
            home.clone(),
            home.replace(' ', ""),
            national.clone(),
            plan.mobile.to_owned(),
            home.replace(' ', "-"),
            home.replace(' ', "."),
            home.replace(' ', "\u{a0}"),
            home.replace(' ', " - "),
            format!("({}", home.replacen(' ', ") ", 1)),
            e164.clone(),
            format!("+{code} {}", plan.mobile),
            format!("00{code} {}", plan.mobile),
            format!("00{code}{national}"),
            format!("(+{code}) {}", plan.mobile),
            format!("+{code}-{}", plan.mobile.replace(' ', "-")),
            format!("+{code} (0) {}", plan.mobile),
            format!("{code}{national}"),
            format!("{code}{national}@c.us"),
            format!("{code}{national}@s.whatsapp.net"),
            format!("{code}{national}:12@s.whatsapp.net"),
            format!("https://wa.me/{code}{national}?text=Halo%2062"),
            format!("https://api.whatsapp.com/send?phone={code}{national}&text=1"),
            format!("tel:{e164}"),
            format!("p:{e164}"),
            format!("Tel: {home}"),
            format!("Cep Tel: {home}"),
            format!("CEP TELEFONU {home}"),
            format!("No HP: {home}"),
            format!("HP/WA : {home}"),
            format!("Telp. {home}"),
            format!("Nomor WhatsApp: {home}"),
            format!("Mobile phone {home}"),
            format!("{home} (WA)"),
            format!("{home} cep"),
            format!("'{home}"),
            format!("=\"{home}\""),
            format!("\u{202a}{e164}\u{202c}"),
            format!("\u{200e}{home}"),
            in_script(&home, '\u{660}'),
            in_script(&home, '\u{6f0}'),
            in_script(&e164.replace('+', "\u{ff0b}"), '\u{ff10}'),
            format!("{national}.0"),
            format!("{national},00"),
            format!("{},00", in_thousands(&national, '.')),
            format!("{}.00", in_thousands(&national, ',')),
            format!("{},0", home.replace(' ', "-")),
            format!("{home},00"),
            format!("{home} / {e164}"),
        ];
        all.extend(rows(plan, texts, &e164));
    }
    assert!(assert_all(all) >= 400);
}

#[test]
fn what_stands_beside_a_number_is_no_part_of_it() {
    let mut all = Vec::new();
    for plan in PLANS {
        let home = plan.home();
        let tails =
            ["/15", "/3", " / 2", "-5", " - 5", " (2)", "(2)", ",7", ", 12", ";7", " #12", "x12", " x 12", " ext. 12"];
        let more = [" dahili 12", " dah. 3", " ekst 12", " pesawat 4", ":2", " & 3", "/15/16", " 9"];
        let texts = tails.iter().chain(&more).map(|tail| format!("{home}{tail}")).collect();
        all.extend(rows(plan, texts, "phone.beside"));
        let abroad = tails.iter().map(|tail| format!("{}{tail}", plan.e164())).collect();
        all.extend(rows(plan, abroad, "phone.beside"));
    }
    assert!(assert_all(all) >= 400);
}

#[test]
fn several_numbers_are_counted_and_none_is_taken() {
    let mut all = Vec::new();
    for plan in PLANS {
        let (home, other) = (plan.home(), "+12025550199");
        let between = [
            " / ", "/", ", ", ",", "; ", " ::: ", " ve ", " veya ", " dan ", " atau ", " and ", "\n", "\r\n", " | ",
            " & ",
        ];
        let texts = between.iter().map(|between| format!("{home}{between}{other}")).collect();
        all.extend(rows(plan, texts, "phone.several"));
        let three = format!("Cep: {home} / Ev: {other} / +442079460142");
        all.extend(rows(plan, vec![three], "phone.several"));
    }
    assert_all(all);
    let Err(PhoneError::Several { count, phones }) =
        parse("0538 555 01 42 / 0212 555 01 42 ve 0532 555 01 42", Country::of("TR").unwrap())
    else {
        panic!("three numbers are several");
    };
    assert_eq!((count, phones.as_str()), (3, "+90 538 555 01 42, +90 212 555 01 42, +90 532 555 01 42"));
}

#[test]
fn a_number_of_another_country_needs_its_plus() {
    let mut all = Vec::new();
    for home in PLANS {
        for other in PLANS.iter().filter(|other| other.country != home.country) {
            let without = format!("{}{}", other.calling, other.national());
            all.push((home.country.to_owned(), other.e164(), other.e164()));
            all.push((home.country.to_owned(), format!("00{without}"), other.e164()));
            // Some are numbers of home as well: then they are that, and nothing else.
            let read = reads(&without, home.country);
            let is_home = read.starts_with(&format!("+{}", home.calling));
            all.push((home.country.to_owned(), without, if is_home { read } else { "refused".to_owned() }));
        }
    }
    assert!(assert_all(all) >= 400);
}

#[test]
fn a_digit_too_few_or_too_many_makes_nobody_elses_number() {
    let mut all = Vec::new();
    for plan in PLANS {
        let national = plan.national();
        let short = national.get(..national.len() - 4).unwrap();
        let texts = vec![format!("{}{short}", plan.trunk), short.to_owned(), format!("+{}{short}", plan.calling)];
        all.extend(rows(plan, texts, "refused"));
        if !plan.open {
            let longer = vec![format!("{}9", plan.home()), format!("{}99", plan.e164()), format!("{national}99")];
            all.extend(rows(plan, longer, "refused"));
        }
        let decimal = format!("{}.{}", national.get(..3).unwrap(), national.get(3..).unwrap());
        let whole = plan.e164();
        all.extend(rows(plan, vec![decimal], if plan.open { "phone.decimal" } else { &whole }));
    }
    assert_all(all);
}

/// Each from the plan of its country.
#[test]
fn forms_of_single_countries() {
    let all = [
        // Indonesia: area code 31 with seven digits, 274 with six; a second line is written by its last digits.
        ("ID", "0274-555014/15", "phone.beside"),
        ("ID", "031-5550142/3", "phone.beside"),
        ("ID", "031-5550142-3", "phone.beside"),
        ("ID", "(0274) 555014", "+62274555014"),
        ("ID", "0274/555014", "+62274555014"),
        ("ID", "(021) 5550 1420", "+622155501420"),
        ("ID", "021-5550 1420 ext 3", "phone.beside"),
        ("ID", "812.555014", "phone.decimal"),
        ("ID", "812.555.014", "+62812555014"),
        ("ID", "8.125.550.147,00", "+628125550147"),
        ("ID", "812 555 0147,00", "+628125550147"),
        ("ID", "0812-555-0147,0", "+628125550147"),
        ("ID", "Rp 8.125.550.147,00", "phone.letters"),
        ("ID", "1. 0812 5550 147", "phone.beside"),
        ("ID", "2) +62 812 5550 147", "phone.beside"),
        ("ID", "0812 5550 147 dan 0813 5550 147", "phone.several"),
        ("ID", "0812 5550 147 0813 5550 147", "phone.several"),
        ("ID", "8125550", "refused"),
        ("ID", "0800 1 555 014", "phone.service"),
        ("ID", "3275014203850001", "refused"), // an identity number
        ("ID", "500.000", "refused"),
        // Türkiye: ten digits; 444 and 900 are no subscribers'.
        ("TR", "0212 555 01 42-43", "refused"),
        ("TR", "0212 555 01 42/43", "phone.beside"),
        ("TR", "0212 555 01 42 dahili 12", "phone.beside"),
        ("TR", "0538.555.02.00", "+905385550200"),
        ("TR", "0538 555 02 00", "+905385550200"),
        ("TR", "538,5550214", "+905385550214"),
        ("TR", "0538 555 02-14", "+905385550214"),
        ("TR", "0 (538) 555 02 14", "+905385550214"),
        ("TR", "0090 (538) 555 02 14", "+905385550214"),
        ("TR", "00 90 538 555 02 14", "+905385550214"),
        ("TR", "+90 (0538) 555 02 14", "+905385550214"),
        ("TR", "000905385550214", "refused"),
        ("TR", "444 0 532", "phone.service"),
        ("TR", "4440532", "phone.service"),
        ("TR", "0900 555 01 42", "phone.service"),
        ("TR", "0800 555 01 42", "phone.service"),
        ("TR", "11833", "refused"),
        ("TR", "10000000146", "refused"), // the form of an identity number
        ("TR", "1.250,50 TL", "refused"),
        ("TR", "12.11.2026", "refused"),
        ("TR", "₺5385550214", "phone.letters"),
        ("TR", "ayse@example.com", "phone.letters"),
        ("TR", "905385550214@g.us", "phone.letters"),
        ("TR", "Faks: 0212 555 01 42", "phone.letters"),
        ("TR", "0538 555 02 14+0532 555 01 42", "phone.several"),
        ("TR", "90+5385550214", "phone.letters"),
        // Brazil: mobiles had eight digits that begin with 6 to 9, in every area.
        ("BR", "11 8765-0142", "+551187650142"),
        ("BR", "(85) 8765-0142", "+558587650142"),
        ("BR", "67 9765-0142", "+556797650142"),
        ("BR", "+55 47 6765 0142", "+554767650142"),
        ("BR", "(11) 3456-0142", "+551134560142"),
        ("BR", "0 11 98765-0142", "+5511987650142"),
        ("BR", "20 8765-0142", "refused"), // no area has this code
        ("BR", "0800 555 0142", "phone.service"),
        // Mexico: a 1 before the ten digits until 2019, for mobiles called from abroad.
        ("MX", "55 1234 0142", "+525512340142"),
        ("MX", "+52 1 55 1234 0142", "+525512340142"),
        ("MX", "00 52 1 55 1234 0142", "+525512340142"),
        ("TR", "+52 1 55 1234 0142", "+525512340142"),
        // Argentina: 9 before the area code from abroad, 15 behind it at home.
        ("AR", "+54 9 11 2345-0142", "+5491123450142"),
        ("AR", "+54 11 2345-0142", "+541123450142"),
        ("AR", "011 15 2345-0142", "+5491123450142"),
        ("AR", "9 11 2345 0142", "+5491123450142"),
        // Germany, the United Kingdom, Italy: the zero in brackets is dialled at home only, in Italy always.
        ("DE", "+49 (0)30 23125014", "+493023125014"),
        ("DE", "030/23125014", "+493023125014"),
        ("GB", "+44 (0)20 7946 0142", "+442079460142"),
        ("IT", "+39 (0)6 5550 142", "+39065550142"),
        ("ES", "+34 (0) 612 34 51 42", "+34612345142"),
        ("US", "(202) 555-0142", "+12025550142"),
        ("US", "1-202-555-0142", "+12025550142"),
        ("US", "202-555-0142 x12", "phone.beside"),
        ("US", "1-800-555-0142", "phone.service"),
        ("US", "555-0142", "refused"), // the area code is missing
        ("RU", "8 (912) 345-01-42", "+79123450142"),
        ("RU", "+7 912 345-01-42", "+79123450142"),
        ("SE", "08-123 456 78", "+46812345678"),
        ("FR", "06.39.98.01.42", "+33639980142"),
    ];
    let owned =
        |(country, text, expected): &(&str, &str, &str)| ((*country).into(), (*text).into(), (*expected).into());
    assert_all(all.iter().map(owned).collect());
}

/// Ten digits at random are nobody's number in another country.
#[test]
fn digits_at_random_stay_at_home() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..1_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let digits = format!("{:010}", (state >> 20) % 10_000_000_000);
        for plan in PLANS {
            let read = reads(&digits, plan.country);
            let is_abroad = read.starts_with('+') && !read.starts_with(&format!("+{}", plan.calling));
            assert!(!is_abroad || digits.starts_with("00"), "{} {digits}: {read}", plan.country);
        }
    }
}
