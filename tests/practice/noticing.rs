//! What Ulak meets while it runs is told in the terminal too, when it is met.

use std::path::Path;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use ulak_core::db::connect_options;

use crate::harness::{Harness, Running};
use crate::terminal::key;

/// So many that some still wait when a busy computer gets round to killing the first run.
const PEOPLE: usize = 60;

#[tokio::test]
async fn a_part_that_cannot_be_read_is_told_while_the_others_go_out() {
    let harness = Harness::new();
    let list = harness.list(PEOPLE);
    let arguments = ["--contacts", &list, "--text", "Merhaba", "--delay", "0", "--read", "0", "--speed", "100"];
    let mut run = Running::start(harness.command(&arguments));
    run.until("the campaign stands", |event| event["event"] == "scheduled");
    run.child.kill().unwrap();
    run.child.wait().unwrap();
    // The last part loses its message.
    damage(
        Path::new(&harness.data()),
        "DELETE FROM messages WHERE id = (SELECT message_id FROM parts ORDER BY id DESC)",
    )
    .await;

    let mut run = Running::start(harness.command(&arguments));
    let told = run.until("the notice", |event| event["event"] == "notice");
    assert_eq!(told["code"], "unreadable.part");
    let rest = run.rest();
    let end = rest.last().expect("the end is told");
    assert_eq!((&end["event"], &end["parts"]["failed"]), (&"summary".into(), &1.into()), "{end}");
    assert!(rest.iter().all(|event| event["event"] != "notice"), "it is told once: {rest:?}");
    run.child.wait().unwrap();
    assert_eq!(harness.seen().len(), PEOPLE - 1);
}

/// What no statement of Ulak's would do.
async fn damage(folder: &Path, statement: &'static str) {
    let mut db = connect_options(folder, &key(folder)).foreign_keys(false).connect().await.unwrap();
    sqlx::query(AssertSqlSafe(statement)).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}
