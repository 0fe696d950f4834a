//! The rule of who may be written to says the same as a function and as SQL, over every combination.

use sqlx::{AssertSqlSafe, SqliteConnection};
use ulak_core::category::Category;
use ulak_core::clock::DAY;
use ulak_core::contact::Standing;
use ulak_core::contact::permission::{Facts, Purpose, Refusal, for_tests, may_receive};
use ulak_core::settings::for_tests::PROMOTION_GAP;
use ulak_core::settings::{self, DEFAULT_PROMOTION_DAYS, Settings};
use ulak_core::testing::World;

const PHONE: &str = "+905325550142";

/// The row of the contact, or of whoever has the phone.
#[derive(Clone, Copy, Debug)]
struct Row {
    standing: Standing,
    consented: bool,
    withdrawn: bool,
}

fn rows() -> impl Iterator<Item = Row> {
    let standings = Standing::ALL.into_iter();
    standings.flat_map(|standing| {
        [(false, false), (false, true), (true, false), (true, true)].map(|(consented, withdrawn)| Row {
            standing,
            consented,
            withdrawn,
        })
    })
}

async fn put(db: &mut SqliteConnection, id: u8, phone: &str, row: Row) {
    sqlx::query(
        "INSERT INTO contacts (id, phone, name, email, fields, search, standing, consent_source, consent_at,
                               consent_withdrawn_at, created_at, updated_at)
         VALUES (?, ?, '', '', '{}', '', ?, ?, ?, ?, 0, 0)",
    )
    .bind([id; 16].as_slice())
    .bind(phone)
    .bind(row.standing)
    .bind(row.consented.then_some("shop"))
    .bind(row.consented.then_some(1))
    .bind(row.withdrawn.then_some(2))
    .execute(db)
    .await
    .unwrap();
}

/// When the rule is asked.
const NOW: i64 = 10 * DAY;

async fn by_sql(db: &mut SqliteConnection) -> Option<Refusal> {
    let gap: i64 =
        sqlx::query_scalar(AssertSqlSafe(format!("SELECT {PROMOTION_GAP}"))).fetch_one(&mut *db).await.unwrap();
    assert_eq!(gap, settings::load(db).await.unwrap().promotion_gap(), "the fragment says the same as the function");
    let select = format!("SELECT {} FROM {}", for_tests::REFUSAL, for_tests::ADDRESSED);
    sqlx::query_scalar(AssertSqlSafe(select)).bind(NOW).bind(gap).fetch_one(db).await.unwrap()
}

#[tokio::test]
async fn function_and_sql_agree() {
    let world = World::at(0).await.unwrap();
    let mut tx = world.app.db().begin().await.unwrap();
    let mut compared = 0;
    for contact in rows() {
        // Nobody else has the phone, or somebody has.
        for holder in std::iter::once(None).chain(rows().map(Some)) {
            for (suppressed, promoted) in [(false, false), (true, false), (false, true), (true, true)] {
                for table in ["messages", "contacts", "suppressions", "promotions"] {
                    sqlx::query(AssertSqlSafe(format!("DELETE FROM {table}"))).execute(&mut *tx).await.unwrap();
                }
                put(&mut tx, 1, if holder.is_some() { "+905325550163" } else { PHONE }, contact).await;
                if let Some(holder) = holder {
                    put(&mut tx, 2, PHONE, holder).await;
                }
                let row = "INSERT INTO messages (id, queue_id, contact_id, phone, name, text, created_at)
                           VALUES (x'00', x'00', ?, ?, '', '', 0)";
                sqlx::query(row).bind([1; 16].as_slice()).bind(PHONE).execute(&mut *tx).await.unwrap();
                if suppressed {
                    let row = "INSERT INTO suppressions (address, since_at, cause) VALUES (?, 0, 'stop')";
                    sqlx::query(row).bind(PHONE).execute(&mut *tx).await.unwrap();
                }
                if promoted {
                    promote(&mut tx, NOW - 3 * DAY + 1).await;
                }
                for category in Category::ALL {
                    for on_basis in [false, true] {
                        let row = "UPDATE messages SET category = ?, on_basis = ?";
                        sqlx::query(row).bind(category).bind(on_basis).execute(&mut *tx).await.unwrap();
                        let facts = Facts { suppressed, promoted, ..facts(contact) }.with_holder(holder.map(facts));
                        let by_function = may_receive(Purpose { category, on_basis }, &facts).err();
                        assert_eq!(
                            by_sql(&mut tx).await,
                            by_function,
                            "{contact:?} {holder:?} {suppressed} {promoted} {category:?} {on_basis}"
                        );
                        compared += 1;
                    }
                }
            }
        }
    }
    assert_eq!(compared, 12 * 13 * 4 * 3 * 2);
    sqlx::query("DELETE FROM contacts").execute(&mut *tx).await.unwrap();
    assert_eq!(by_sql(&mut tx).await, Some(Refusal::OptedOut), "who was erased gets nothing");
}

fn facts(row: Row) -> Facts {
    Facts { standing: row.standing, consented: row.consented, withdrawn: row.withdrawn, ..Facts::default() }
}

/// As if another message had gone to the phone.
async fn promote(db: &mut SqliteConnection, at: i64) {
    let row = "INSERT OR REPLACE INTO promotions (phone, message_id, at) VALUES (?, x'01', ?)";
    sqlx::query(row).bind(PHONE).bind(at).execute(db).await.unwrap();
}

#[tokio::test]
async fn a_promotion_counts_for_as_many_days_as_the_owner_set() {
    let world = World::at(0).await.unwrap();
    let mut tx = world.app.db().begin().await.unwrap();
    put(&mut tx, 1, PHONE, Row { standing: Standing::Normal, consented: true, withdrawn: false }).await;
    let row = "INSERT INTO messages (id, queue_id, contact_id, phone, name, text, created_at, category)
               VALUES (x'00', x'00', ?, ?, '', '', 0, 'promotion')";
    sqlx::query(row).bind([1; 16].as_slice()).bind(PHONE).execute(&mut *tx).await.unwrap();
    let (days, hour) = (DAY, 60 * 60 * 1000);
    for (set, at, refused) in [
        (3, NOW, true),
        (3, NOW - 3 * days + 1, true),
        (3, NOW - 3 * days, false),
        // The clock was set back since.
        (3, NOW + hour, false),
        (1, NOW - 2 * days, false),
        (7, NOW - 6 * days, true),
        (0, NOW, false),
    ] {
        let settings = Settings { promotion_days: set, ..Settings::default() };
        settings::put(&mut tx, settings::key::SETTINGS, &settings).await.unwrap();
        promote(&mut tx, at).await;
        let wanted = refused.then_some(Refusal::Promoted);
        assert_eq!(by_sql(&mut tx).await, wanted, "{set} days, sent {} h ago", (NOW - at) / hour);
    }
    sqlx::query("DELETE FROM settings WHERE key = 'settings'").execute(&mut *tx).await.unwrap();
    promote(&mut tx, NOW - i64::from(DEFAULT_PROMOTION_DAYS) * days + 1).await;
    assert_eq!(by_sql(&mut tx).await, Some(Refusal::Promoted), "the default in SQL is the default of the settings");
    promote(&mut tx, NOW - i64::from(DEFAULT_PROMOTION_DAYS) * days).await;
    assert_eq!(by_sql(&mut tx).await, None);
    sqlx::query("UPDATE promotions SET message_id = x'00', at = ?").bind(NOW).execute(&mut *tx).await.unwrap();
    assert_eq!(by_sql(&mut tx).await, None, "its own parts go on");
}
