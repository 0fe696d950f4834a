//! The rule of who may be written to says the same as a function and as SQL, over every combination.

use sqlx::{AssertSqlSafe, SqliteConnection};
use ulak_core::category::Category;
use ulak_core::contact::Standing;
use ulak_core::contact::permission::{Facts, Purpose, Refusal, for_tests, may_receive};
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

async fn by_sql(db: &mut SqliteConnection) -> Option<Refusal> {
    let select = format!("SELECT {} FROM {}", for_tests::REFUSAL, for_tests::ADDRESSED);
    sqlx::query_scalar(AssertSqlSafe(select)).fetch_one(db).await.unwrap()
}

#[tokio::test]
async fn function_and_sql_agree() {
    let world = World::at(0).await.unwrap();
    let mut tx = world.app.db().begin().await.unwrap();
    let mut compared = 0;
    for contact in rows() {
        // Nobody else has the phone, or somebody has.
        for holder in std::iter::once(None).chain(rows().map(Some)) {
            for suppressed in [false, true] {
                for statement in ["DELETE FROM messages", "DELETE FROM contacts", "DELETE FROM suppressions"] {
                    sqlx::query(statement).execute(&mut *tx).await.unwrap();
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
                for category in Category::ALL {
                    for on_basis in [false, true] {
                        let row = "UPDATE messages SET category = ?, on_basis = ?";
                        sqlx::query(row).bind(category).bind(on_basis).execute(&mut *tx).await.unwrap();
                        let facts = Facts { suppressed, ..facts(contact) }.with_holder(holder.map(facts));
                        let by_function = may_receive(Purpose { category, on_basis }, &facts).err();
                        assert_eq!(
                            by_sql(&mut tx).await,
                            by_function,
                            "{contact:?} {holder:?} {suppressed} {category:?} {on_basis}"
                        );
                        compared += 1;
                    }
                }
            }
        }
    }
    assert_eq!(compared, 12 * 13 * 2 * 3 * 2);
    sqlx::query("DELETE FROM contacts").execute(&mut *tx).await.unwrap();
    assert_eq!(by_sql(&mut tx).await, Some(Refusal::OptedOut), "who was erased gets nothing");
}

fn facts(row: Row) -> Facts {
    Facts { standing: row.standing, consented: row.consented, withdrawn: row.withdrawn, suppressed: false }
}
