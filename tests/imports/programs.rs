//! Lists in the exact shape in which address books, web shops and accounting programs write them. What they say is
//! fictitious; what becomes of every row is reasoned from the list.

use crate::world::*;

/// Who comes in and under which number, or why nobody does.
type Outcome<T> = Result<(T, T), T>;
/// By the row.
type Expected = (u32, Outcome<&'static str>);

async fn becomes(file: &str, country: &str, expected: &[Expected]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/contacts/programs").join(file);
    let world = World::new().await;
    let options = ImportOptions { country: Some(country.into()), ..ImportOptions::default() };
    let preview = world.preview(&path, &options).await.unwrap();
    let ended = world.run(ImportStep::Import, &path, &options).await;
    assert_eq!((ended.state, ended.totals.rows as usize), (ImportState::Done, preview.rows.len()), "{file}");
    let people = world.contacts("").await;
    let name = |phone: &str| people.iter().find(|one| one.phone == phone).map(|one| one.name.clone()).unwrap();
    let seen: Vec<(u32, Outcome<String>)> = preview
        .rows
        .iter()
        .map(|row| {
            let outcome = match (&row.verdict, &row.phone) {
                (Verdict::Refused { reason } | Verdict::Doubtful { reason, .. }, _) => Err(reason.code.clone()),
                (_, Some(phone)) => Ok((name(phone), phone.clone())),
                (verdict, None) => panic!("{verdict:?} without a phone"),
            };
            (row.row, outcome)
        })
        .collect();
    let owned = |outcome: &Outcome<&str>| match outcome {
        Ok((name, phone)) => Ok(((*name).to_owned(), (*phone).to_owned())),
        Err(code) => Err((*code).to_owned()),
    };
    let expected: Vec<_> = expected.iter().map(|(row, outcome)| (*row, owned(outcome))).collect();
    assert_eq!(seen, expected, "{file}");
}

#[tokio::test]
async fn google_contacts_in_both_forms() {
    let expected = [
        (2, Ok(("Ayşe Demir", "+905385550142"))),
        (3, Err("phone.several")),
        (4, Ok(("Korkmaz Optik", "+902125550145"))),
        (5, Err("phone.missing")),
    ];
    becomes("google.csv", "TR", &expected).await;
    let expected = [(2, Ok(("Ayşe Demir", "+905385550142"))), (3, Ok(("Mehmet", "+905385550143")))];
    becomes("google-old.csv", "TR", &expected).await;
}

#[tokio::test]
async fn outlook_with_its_faxes() {
    let expected =
        [(2, Ok(("Ayşe Demir", "+905385550142"))), (3, Ok(("Nur Aydın", "+902125550143"))), (4, Err("phone.missing"))];
    becomes("outlook.csv", "TR", &expected).await;
}

#[tokio::test]
async fn the_customers_of_a_web_shop() {
    let expected =
        [(2, Ok(("Ayşe Demir", "+905385550142"))), (3, Ok(("Nur Aydın", "+905385550143"))), (4, Err("phone.missing"))];
    becomes("shopify.csv", "TR", &expected).await;
}

#[tokio::test]
async fn the_orders_of_a_web_shop() {
    let expected = [
        (2, Ok(("Ayşe Demir", "+905385550142"))),
        (3, Ok(("Ayşe Demir", "+905385550142"))),
        (4, Ok(("Mehmet Korkmaz", "+905385550143"))),
    ];
    becomes("woocommerce.csv", "TR", &expected).await;
}

#[tokio::test]
async fn the_accounts_of_an_accounting_program() {
    let expected = [
        (5, Ok(("Mehmet Korkmaz", "+905385550142"))),
        (6, Ok(("AYDIN GÖZLÜK LTD. ŞTİ.", "+902325550144"))),
        (7, Ok(("Gül Çetin", "+905385550145"))),
        (8, Err("phone.missing")),
    ];
    becomes("accounting-tr.csv", "TR", &expected).await;
}

#[tokio::test]
async fn the_address_books_of_phones() {
    let expected = [(1, Ok(("Ayşe Demir", "+905385550142"))), (2, Ok(("Korkmaz Optik", "+902125550143")))];
    becomes("icloud.vcf", "TR", &expected).await;
    let expected =
        [(1, Ok(("Ayşe Demir", "+905385550142"))), (2, Ok(("Usta", "+902125550143"))), (3, Err("phone.too_short"))];
    becomes("android.vcf", "TR", &expected).await;
    let expected = [(1, Ok(("Pak Budi Santoso", "+628125550142"))), (2, Ok(("Siti Lestari", "+628125550143")))];
    becomes("iphone.vcf", "ID", &expected).await;
}
