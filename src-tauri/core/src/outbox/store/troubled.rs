//! Single messages that their owner should look at: something of them failed or is in doubt. Triggers keep the list.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::contact::phone::shown;
use crate::db::Tx;
use crate::ids::MessageId;

pub struct Troubled {
    pub message: MessageId,
    /// Whom it is for.
    pub person: String,
    /// Its number still asks what became of it.
    pub in_doubt: bool,
}

/// The newest, at most so many.
pub async fn newest(db: &mut SqliteConnection, limit: u32) -> Result<Vec<Troubled>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT m.id, m.name, m.phone, EXISTS (SELECT 1 FROM parts p WHERE p.message_id = m.id
                                               AND (p.state = 'unknown' OR p.state = 'sending'))
         FROM troubled_messages t JOIN messages m ON m.id = t.message_id ORDER BY t.message_id DESC LIMIT ?",
    )
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(troubled).collect()
}

fn troubled(row: &SqliteRow) -> Result<Troubled, sqlx::Error> {
    let (name, phone): (String, &str) = (row.try_get(1)?, row.try_get(2)?);
    let person = if name.is_empty() { shown(phone) } else { name };
    Ok(Troubled { message: row.try_get(0)?, person, in_doubt: row.try_get(3)? })
}

/// The owner has seen to it. What fails again later stands there again.
pub async fn dismiss(db: &mut Tx, message: MessageId) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM troubled_messages WHERE message_id = ?").bind(message).execute(db).await?;
    Ok(())
}
